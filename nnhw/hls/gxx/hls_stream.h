// SPDX-License-Identifier: Apache-2.0
// A stand-in for hls::stream where there is only a C++ compiler. The vendor's tools bring their own
// header and must not find this one: only the compiler's command line names this folder.
#ifndef NNHW_GXX_HLS_STREAM_H
#define NNHW_GXX_HLS_STREAM_H

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace hls {

template <class T> class stream {
 public:
  stream() : name_("stream"), read_(0) {}
  explicit stream(const char *name) : name_(name), read_(0) {}

  bool empty() const { return read_ == waiting_.size(); }
  unsigned size() const { return unsigned(waiting_.size() - read_); }
  void write(const T &value) { waiting_.push_back(value); }

  T read() {
    if (empty()) {
      std::fprintf(stderr, "%s: read while empty, which in hardware would wait for ever\n", name_);
      std::abort();
    }
    const T value = waiting_[read_++];
    if (empty()) {
      waiting_.clear();
      read_ = 0;
    }
    return value;
  }

  void read(T &value) { value = read(); }

 private:
  stream(const stream &);
  stream &operator=(const stream &);

  const char *name_;
  typename std::vector<T>::size_type read_;
  std::vector<T> waiting_;
};

}  // namespace hls

#endif
