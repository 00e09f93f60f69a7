/* gst-framewise: what holds of every text that is given as filters.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * With clang there is also a libFuzzer program of it, which no default build makes:
 *
 *   CC=clang CXX=clang++ meson setup build-fuzz -Dtests=enabled
 *   ninja -C build-fuzz tests/fuzz/libfuzzer-filterspec
 *   build-fuzz/tests/fuzz/libfuzzer-filterspec -dict=tests/fuzz/filterspec.dict build-fuzz/corpus \
 *     tests/fuzz/filterspec-corpus        (after mkdir build-fuzz/corpus)
 */
#include "fuzztarget.hpp"

#include "filterjson.hpp"

#include <cstdio>
#include <cstdlib>

using namespace framewise;

FuzzedInputs fuzzed;

namespace {

class Input {
 public:
  explicit Input(std::string text) : text_(std::move(text)) {}

  void check() const {
    check_parser(parse_filter_sequence);
    check_parser(parse_filter_graph);
  }

 private:
  void require(bool holds, const char *property, const std::string &detail = {}) const {
    if (holds)
      return;
    fprintf(stderr, "does not hold: %s\n  of: %s\n  %s\n", property, text_.c_str(), detail.c_str());
    abort();
  }

  void check_error(const Error &error) const {
    require(error.domain == GST_LIBRARY_ERROR && error.code == GST_LIBRARY_ERROR_SETTINGS,
            "an error is one of the settings");
    require(!error.message.empty(), "an error says something");
    require(g_utf8_validate(error.message.c_str(), -1, nullptr), "an error is UTF-8",
            error.message);
    require(error.message.size() < 1000, "an error is short", error.message);
  }

  void check_parser(Result<FilterSpec> (*parse)(const std::string &)) const {
    auto spec = parse(text_);
    if (!spec) {
      check_error(spec.error());
      return;
    }
    (is_filter_json(text_) ? fuzzed.trees_of_json : fuzzed.trees_of_text)++;
    require(!spec->chains.empty(), "a tree has a chain");
    for (const auto &chain : spec->chains)
      require(!chain.empty(), "a chain has a filter");
    check_text(*spec);
    check_json(*spec);
  }

  void check_text(const FilterSpec &spec) const {
    const std::string text = spec.to_text();
    require(!is_filter_json(text), "a tree's text is not taken for JSON", text);
    auto again = parse_filter_text(text);
    require(again.has_value(), "a tree's text can be read", text);
    require(*again == spec, "a tree's text makes the same tree", text);
    require(again->to_text() == text, "a tree's text is stable", text);
  }

  void check_json(const FilterSpec &spec) const {
    auto json = spec.to_json();
    if (!json) {
      check_error(json.error());
      return;
    }
    fuzzed.written_as_json++;
    require(is_filter_json(*json), "a tree's JSON is taken for JSON", *json);
    const bool is_graph = json->compare(0, 2, "[{") == 0;
    auto again = is_graph ? parse_graph_json(*json) : parse_sequence_json(*json);
    require(again.has_value(), "a tree's JSON can be read",
            *json + (again ? "" : ": " + again.error().message));
    auto json_again = again->to_json();
    require(json_again && *json_again == *json, "a tree's JSON is stable",
            *json + (json_again ? " and " + *json_again : ": " + json_again.error().message));
  }

  std::string text_;
};

} // namespace

extern "C" int LLVMFuzzerInitialize(int *, char ***) {
  g_log_set_always_fatal(
      GLogLevelFlags(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING));
  av_log_set_level(AV_LOG_QUIET);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string bytes(reinterpret_cast<const char *>(data), size);
  Input(bytes.substr(0, bytes.find('\0'))).check(); /* properties end there */
  return 0;
}
