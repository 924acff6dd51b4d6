// The part of fmt that base/ and feeds/ call, compiled into an archive: Debian has it as a shared
// library only, which loads the shared C++ library too (measured: 0.9 ms of `feedwire parse`).

#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
template auto decimal_point_impl<char>(locale_ref) -> char;
template auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template auto dragonbox::to_decimal(double) noexcept -> dragonbox::decimal_fp<double>;
template auto dragonbox::to_decimal(float) noexcept -> dragonbox::decimal_fp<float>;
}  // namespace detail
FMT_END_NAMESPACE
