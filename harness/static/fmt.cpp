// SPDX-License-Identifier: GPL-2.0-or-later
/// @file
/// The archive of fmt that Debian's package lacks: its header-only implementation, once, for nmistorm-static.

#include <fmt/format-inl.h>

static_assert(FMT_VERSION / 10000 == 9, "another version may want other functions here");

namespace fmt::detail {

template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto decimal_point_impl<char>(locale_ref) -> char;
template auto dragonbox::to_decimal<float>(float) noexcept -> dragonbox::decimal_fp<float>;
template auto dragonbox::to_decimal<double>(double) noexcept -> dragonbox::decimal_fp<double>;

}  // namespace fmt::detail
