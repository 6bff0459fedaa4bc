// A certificate made for the test, for 127.0.0.1, trusted by the client as its only authority.
#include <cstdio>
#include <filesystem>
#include <memory>

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "platform/http/client.h"
#include "platform/http/raw_client.h"
#include "platform/http/server.h"

namespace bypuls::http {
namespace {

namespace fs = std::filesystem;

struct OpensslFree {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(std::FILE* file) const { std::fclose(file); }
};

class HttpOverTls : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "bypuls-tls-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        make_certificate();
        router_.get("/",
                    [](Request& request) -> Task<Response> { co_return text(request.secure ? "secure" : "plain"); });
        router_.get("/large", [](Request&) -> Task<Response> {
            co_return content("application/octet-stream", std::string(3'000'000, 'x'));
        });
        auto server = start_server(
            router_, {.tls = TlsFiles{.certificate_chain = path("cert.pem"), .private_key = path("key.pem")}});
        ASSERT_TRUE(server) << server.error().what;
        server_ = std::move(*server);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }

    void make_certificate() const {
        const std::unique_ptr<EVP_PKEY, OpensslFree> key(EVP_EC_gen("P-256"));
        const std::unique_ptr<X509, OpensslFree> certificate(X509_new());
        X509_set_version(certificate.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
        X509_NAME* subject = X509_get_subject_name(certificate.get());
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("127.0.0.1"), -1,
                                   -1, 0);
        X509_set_issuer_name(certificate.get(), subject);
        X509_set_pubkey(certificate.get(), key.get());
        const std::unique_ptr<X509_EXTENSION, OpensslFree> name(
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"));
        X509_add_ext(certificate.get(), name.get(), -1);
        ASSERT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
        const std::unique_ptr<std::FILE, OpensslFree> certificate_file(std::fopen(path("cert.pem").c_str(), "w"));
        PEM_write_X509(certificate_file.get(), certificate.get());
        const std::unique_ptr<std::FILE, OpensslFree> key_file(std::fopen(path("key.pem").c_str(), "w"));
        PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    }

    fs::path folder_;
    Router router_;
    std::unique_ptr<Server> server_;
};

TEST_F(HttpOverTls, ServesThoseWhoTrustTheCertificate) {
    const FetchOptions trusting{.reach = Reach::anywhere, .certificate_authorities = path("cert.pem")};
    const auto response = fetch({.url = server_->origin() + "/"}, trusting);
    ASSERT_TRUE(response) << response.error().what;
    EXPECT_EQ(response->body, "secure");
    EXPECT_TRUE(response->headers.has("Strict-Transport-Security"));
    const auto large = fetch({.url = server_->origin() + "/large"}, trusting);
    ASSERT_TRUE(large) << large.error().what;
    EXPECT_EQ(large->body.size(), 3'000'000U);
}

TEST_F(HttpOverTls, TheClientRefusesACertificateItDoesNotTrust) {
    const auto response = fetch({.url = server_->origin() + "/"}, {.reach = Reach::anywhere});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unavailable);
}

TEST_F(HttpOverTls, PlainWordsEndTheirOwnConnectionOnly) {
    RawClient plain(server_->port());
    plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    plain.shutdown_send();
    const auto answer = plain.receive_until_closed();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->find("secure"), std::string::npos);
    EXPECT_TRUE(fetch({.url = server_->origin() + "/"},
                      {.reach = Reach::anywhere, .certificate_authorities = path("cert.pem")}));
}

}  // namespace
}  // namespace bypuls::http
