/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image whose debug information has struct percpu { x; } with a type that is another name of itself. */

        .text
        .globl  _start
        .type   _start, @function
_start: hlt
        .size   _start, . - _start

        .section .debug_abbrev, "", @progbits
        .uleb128 1, 0x11                /* DW_TAG_compile_unit */
        .byte   1                       /* it has children */
        .uleb128 0, 0
        .uleb128 2, 0x13                /* DW_TAG_structure_type */
        .byte   1
        .uleb128 0x03, 0x08             /* DW_AT_name, DW_FORM_string */
        .uleb128 0, 0
        .uleb128 3, 0x0d                /* DW_TAG_member */
        .byte   0
        .uleb128 0x03, 0x08
        .uleb128 0x38, 0x0b             /* DW_AT_data_member_location, DW_FORM_data1 */
        .uleb128 0x49, 0x13             /* DW_AT_type, DW_FORM_ref4 */
        .uleb128 0, 0
        .uleb128 4, 0x16                /* DW_TAG_typedef */
        .byte   0
        .uleb128 0x49, 0x13
        .uleb128 0, 0
        .byte   0

        .section .debug_info, "", @progbits
unit:   .4byte  end - version
version:
        .2byte  4
        .4byte  0                       /* its abbreviations */
        .byte   8                       /* bytes of an address */
        .uleb128 1
type:   .uleb128 4
        .4byte  type - unit
        .uleb128 2
        .asciz  "percpu"
        .uleb128 3
        .asciz  "x"
        .byte   4
        .4byte  type - unit
        .byte   0                       /* of the struct */
        .byte   0                       /* of the unit */
end:

        .section .note.GNU-stack, "", @progbits
