#include "platform/http/files.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "core/files.h"
#include "platform/http/coding.h"

namespace bypuls::http {
namespace {

namespace fs = std::filesystem;

class StaticFolder : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "bypuls-files-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        write("index.html", "<!doctype html>" + std::string(2000, ' '));
        write("assets/app-4f3a.js", "console.log(1)");
        write("map.png", "\x89PNG");
        write(".env", "secret");
        write(".git/config", "secret");
        fs::create_symlink("/etc/passwd", folder_ / "link.txt");
    }
    void TearDown() override { fs::remove_all(folder_); }

    void write(const std::string& name, std::string_view text) {
        fs::create_directories((folder_ / name).parent_path());
        ASSERT_TRUE(write_text_file((folder_ / name).string(), text));
    }

    StaticFiles open(StaticFilesOptions options = {}) {
        auto files = StaticFiles::open(folder_.string(), options);
        EXPECT_TRUE(files) << files.error().what;
        return std::move(*files);
    }

    static Request asking(Headers headers) {
        Request request;
        request.headers = std::move(headers);
        return request;
    }

    fs::path folder_;
};

std::string bytes_of(const Response& response) {
    if (const auto* shared = std::get_if<SharedBytes>(&response.body)) {
        return **shared;
    }
    const auto* own = std::get_if<std::string>(&response.body);
    return own != nullptr ? *own : "";
}

TEST_F(StaticFolder, ServesItsFilesWithTheirTypes) {
    const StaticFiles files = open();
    EXPECT_EQ(files.get({}, "").headers.get("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(bytes_of(files.get({}, "assets/app-4f3a.js")), "console.log(1)");
    EXPECT_EQ(files.get({}, "map.png").headers.get("Content-Type"), "image/png");
}

TEST_F(StaticFolder, LetsTheBrowserKeepWhatHasAHashInItsName) {
    const StaticFiles files = open();
    EXPECT_EQ(files.get({}, "assets/app-4f3a.js").headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(files.get({}, "").headers.get("Cache-Control"), "no-cache");
}

TEST_F(StaticFolder, KnowsNoOtherFiles) {
    const StaticFiles files = open();
    for (const std::string_view name : {"../etc/passwd", "/etc/passwd", ".env", ".git/config", "link.txt", "assets",
                                        "assets/../index.html", "missing.js"}) {
        EXPECT_EQ(files.get({}, name).status, 404) << name;
    }
    EXPECT_FALSE(StaticFiles::open((folder_ / "missing").string()));
}

TEST_F(StaticFolder, GivesTheWebAppForItsOwnAddresses) {
    const StaticFiles files = open();
    EXPECT_THAT(bytes_of(files.get(asking({{"Accept", "text/html"}}), "bading/landfalltjern")),
                testing::StartsWith("<!doctype html>"));
    EXPECT_EQ(files.get(asking({{"Accept", "application/json"}}), "bading/landfalltjern").status, 404);
    EXPECT_EQ(open({.fallback = ""}).get({}, "bading").status, 404);
}

TEST_F(StaticFolder, SendsThePackedFormToThoseWhoAcceptIt) {
    write("data.json", std::string(3000, '1'));
    write("data.json.gz", "packed by the build");
    const StaticFiles files = open();

    const Response by_build = files.get(asking({{"Accept-Encoding", "gzip"}}), "data.json");
    EXPECT_EQ(bytes_of(by_build), "packed by the build");
    EXPECT_EQ(by_build.headers.get("Content-Encoding"), "gzip");
    const Response by_us = files.get(asking({{"Accept-Encoding", "zstd"}}), "index.html");
    EXPECT_THAT(*unpack(Coding::zstd, bytes_of(by_us), {}), testing::StartsWith("<!doctype html>"));
    EXPECT_EQ(by_us.headers.get("Vary"), "Accept-Encoding");
    EXPECT_FALSE(files.has("data.json.gz"));
}

TEST_F(StaticFolder, KnowsWhatTheBrowserHas) {
    const StaticFiles files = open();
    for (const std::string coding : {"identity", "gzip"}) {
        const Response first = files.get(asking({{"Accept-Encoding", coding}}), "");
        const std::string etag(*first.headers.get("ETag"));
        EXPECT_EQ(files.get(asking({{"If-None-Match", etag}}), "").status, 304);
    }
}

TEST_F(StaticFolder, ReadsFromDiskWhatMemoryHasNoRoomFor) {
    write("large.csv", std::string(200'000, '7'));
    const StaticFiles files = open({.memory_bytes_max = 50'000});
    Response response = files.get({}, "large.csv");
    ASSERT_TRUE(std::holds_alternative<Stream>(response.body));
    EXPECT_EQ(files.get(asking({{"If-None-Match", std::string(*response.headers.get("ETag"))}}), "large.csv").status,
              304);
}

}  // namespace
}  // namespace bypuls::http
