// SPDX-License-Identifier: GPL-2.0-or-later
/// @file
/// The archive of fmt that Debian's package lacks: its header-only implementation, once, for nmistorm-static.

#include <fmt/format-inl.h>

namespace fmt {
inline namespace v9 {  // another version shall not compile: what it wants here may differ
namespace detail {

template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl<char>(locale_ref) -> char;

namespace dragonbox {
template auto to_decimal<float>(float) noexcept -> decimal_fp<float>;
template auto to_decimal<double>(double) noexcept -> decimal_fp<double>;
}  // namespace dragonbox

}  // namespace detail
}  // namespace v9
}  // namespace fmt
