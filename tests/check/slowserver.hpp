/* gst-framewise: a web server on the loopback that can stop talking.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sourcebench.hpp"

#include <cstring>
#include <thread>

/* Serves one file, with ranges or without. What is asked for while it `stalls()` gets its headers,
 * and then nothing more until it is destroyed. */
class SlowServer {
 public:
  explicit SlowServer(const std::string &path, bool with_ranges = true)
      : with_ranges_(with_ranges), listener_(g_socket_listener_new()),
        closing_(g_cancellable_new()) {
    g_setenv("no_proxy", "127.0.0.1", TRUE); /* else libav would ask a proxy for this machine */
    fail_unless(g_file_get_contents(path.c_str(), &data_, &size_, nullptr));
    port_ = g_socket_listener_add_any_inet_port(listener_, nullptr, nullptr);
    fail_unless(port_ != 0);
    acceptor_ = std::thread([this] {
      while (GSocketConnection *connection =
                 g_socket_listener_accept(listener_, nullptr, closing_, nullptr))
        answerers_.emplace_back([this, connection] {
          answer(connection);
          g_object_unref(connection);
        });
    });
  }
  ~SlowServer() {
    g_cancellable_cancel(closing_);
    acceptor_.join();
    for (std::thread &answerer : answerers_)
      answerer.join();
    g_object_unref(closing_);
    g_object_unref(listener_);
    g_free(data_);
  }
  SlowServer(const SlowServer &) = delete;
  SlowServer &operator=(const SlowServer &) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/clip"; }
  void stall() { stalls_ = true; }
  int stalled() const { return stalled_; }

 private:
  void answer(GSocketConnection *connection) {
    const bool stalls = stalls_;
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    std::string request;
    char byte;
    while (request.find("\r\n\r\n") == std::string::npos &&
           g_input_stream_read(in, &byte, 1, closing_, nullptr) == 1)
      request += byte;
    gsize begin = 0;
    const size_t range = request.find("Range: bytes=");
    if (with_ranges_ && range != std::string::npos)
      begin = std::min<gsize>(
          strtoull(request.c_str() + range + strlen("Range: bytes="), nullptr, 10), size_);
    std::string head = with_ranges_ ? "HTTP/1.1 206 Partial Content\r\nAccept-Ranges: bytes\r\n"
                                    : "HTTP/1.1 200 OK\r\nAccept-Ranges: none\r\n";
    if (with_ranges_)
      head += "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(size_ - 1) +
              "/" + std::to_string(size_) + "\r\n";
    head += "Content-Length: " + std::to_string(size_ - begin) + "\r\nConnection: close\r\n\r\n";
    g_output_stream_write_all(out, head.data(), head.size(), nullptr, closing_, nullptr);
    if (stalls) {
      stalled_++;
      while (!g_cancellable_is_cancelled(closing_))
        g_usleep(1000);
      return;
    }
    g_output_stream_write_all(out, data_ + begin, size_ - begin, nullptr, closing_, nullptr);
  }

  const bool with_ranges_;
  GSocketListener *listener_;
  GCancellable *closing_;
  guint16 port_ = 0;
  gchar *data_ = nullptr;
  gsize size_ = 0;
  std::atomic<bool> stalls_{false};
  std::atomic<int> stalled_{0};
  std::thread acceptor_;
  std::vector<std::thread> answerers_; /* the acceptor's */
};
