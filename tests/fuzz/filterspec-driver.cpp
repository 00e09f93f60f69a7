/* gst-framewise: a fixed number of inputs for the fuzz target, the same ones each time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes a dictionary in libFuzzer's format and the folder of the files to begin with.
 */
#include "fuzztarget.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr unsigned inputs = 20000;
constexpr size_t longest = 2000;

std::vector<std::string> read_files(const char *folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> contents;
  for (const auto &path : paths) {
    std::ifstream file(path, std::ios::binary);
    contents.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return contents;
}

/* Words between quotes, one a line, with `\"`, `\\` and `\xAB`. */
std::vector<std::string> read_dictionary(const char *path) {
  std::ifstream file(path);
  std::vector<std::string> words;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] != '"')
      continue;
    std::string word;
    for (size_t i = 1; i + 1 < line.size(); i++) {
      if (line[i] != '\\') {
        word += line[i];
      } else if (line[++i] != 'x') {
        word += line[i];
      } else {
        word += char(std::stoi(line.substr(i + 1, 2), nullptr, 16));
        i += 2;
      }
    }
    words.push_back(word);
  }
  return words;
}

class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, std::vector<std::string> words)
      : seeds_(std::move(seeds)), words_(std::move(words)) {}

  std::string next() {
    std::string text = any(seeds_);
    for (size_t changes = below(5); changes > 0; changes--)
      change(text);
    text.resize(std::min(text.size(), longest));
    return text;
  }

 private:
  /* Not a distribution: what those make of the same numbers is each library's own. */
  size_t below(size_t bound) { return size_t(random_()) % bound; }
  const std::string &any(const std::vector<std::string> &of) { return of[below(of.size())]; }

  void change(std::string &text) {
    const size_t at = below(text.size() + 1);
    const size_t length = std::min(below(8), text.size() - at);
    switch (below(6)) {
    case 0:
      text.insert(at, any(words_));
      break;
    case 1:
      text.replace(at, length, any(words_));
      break;
    case 2:
      text.erase(at, length);
      break;
    case 3:
      text.insert(at, text.substr(below(text.size() + 1), below(40)));
      break;
    case 4:
      text.insert(at, 1, char(1 + below(255)));
      break;
    default: {
      const std::string &other = any(seeds_);
      text = text.substr(0, at) + other.substr(below(other.size() + 1));
    }
    }
  }

  std::vector<std::string> seeds_, words_;
  std::mt19937 random_{20000};
};

} // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s DICTIONARY FOLDER\n", argv[0]);
    return 2;
  }
  LLVMFuzzerInitialize(&argc, &argv);
  const std::vector<std::string> seeds = read_files(argv[2]);
  auto give = [](const std::string &text) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(text.data()), text.size());
  };
  for (const auto &seed : seeds)
    give(seed);
  Mutator mutator(seeds, read_dictionary(argv[1]));
  for (unsigned i = 0; i < inputs; i++)
    give(mutator.next());
  printf("%u inputs: %u trees of FFmpeg's text, %u of JSON, %u written as JSON\n", inputs,
         fuzzed.trees_of_text, fuzzed.trees_of_json, fuzzed.written_as_json);
  /* Else the properties would hold of nothing. */
  const unsigned enough = inputs / 50;
  return fuzzed.trees_of_text < enough || fuzzed.trees_of_json < enough ||
         fuzzed.written_as_json < enough;
}
