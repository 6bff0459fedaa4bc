#include "apps/bypuls/certificate.h"

#include <cstdio>
#include <filesystem>
#include <memory>

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "apps/bypuls/doctor.h"
#include "core/files.h"
#include "core/testing/folder.h"
#include "core/time/iso8601.h"

namespace bypuls::apps {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using State = Finding::State;

struct OpensslFree {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(std::FILE* file) const { std::fclose(file); }
};

const Instant now = parse_instant("2026-11-27T10:00:00Z").value();

class CertificateTest : public testing::Test {
protected:
    std::string path(const std::string& name) const { return own_.path() + "/" + name; }

    /// NAME.cert and NAME.key, made out to data.drammen.no, by its alternative names or as its common name alone.
    CertificateFiles make(const std::string& name, Instant from, Instant to, bool common_name_alone = false) const {
        CertificateFiles files{.certificate_chain = path(name + ".cert"), .private_key = path(name + ".key")};
        const std::unique_ptr<EVP_PKEY, OpensslFree> key(EVP_EC_gen("P-256"));
        const std::unique_ptr<X509, OpensslFree> certificate(X509_new());
        X509_set_version(certificate.get(), 2);
        const auto seconds = [](Instant t) { return static_cast<std::time_t>(t.time_since_epoch() / 1s); };
        ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds(from));
        ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds(to));
        X509_set_pubkey(certificate.get(), key.get());
        if (common_name_alone) {
            const std::string common_name = "data.drammen.no";
            EXPECT_EQ(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                                 static_cast<int>(common_name.size()), -1, 0),
                      1);
        } else {
            const std::unique_ptr<X509_EXTENSION, OpensslFree> names(
                X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:data.drammen.no,IP:10.1.2.3"));
            X509_add_ext(certificate.get(), names.get(), -1);
        }
        EXPECT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
        const std::unique_ptr<std::FILE, OpensslFree> certificate_file(
            std::fopen(files.certificate_chain.c_str(), "w"));
        PEM_write_X509(certificate_file.get(), certificate.get());
        const std::unique_ptr<std::FILE, OpensslFree> key_file(std::fopen(files.private_key.c_str(), "w"));
        PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        std::filesystem::permissions(files.private_key, std::filesystem::perms::owner_read);
        return files;
    }
    static Finding examined(const CertificateFiles& files, const std::string& host = "data.drammen.no",
                            Instant at = now) {
        return examine_certificate("certificate", files, host, at);
    }

    const TestFolder own_;
};

TEST_F(CertificateTest, AGoodOneSaysHowLongItIsValid) {
    const auto files = make("good", now - 24h, now + 90 * 24h);
    EXPECT_EQ(examined(files).state, State::ok) << examined(files).sentence;
    EXPECT_THAT(examined(files).sentence, HasSubstr("2027-02-25T10:00:00Z"));
    EXPECT_EQ(examined(files, "10.1.2.3").state, State::ok);
    EXPECT_EQ(examined(files, "").state, State::ok);
}

TEST_F(CertificateTest, OneThatIsNotValidIsAFaultAndOneThatEndsSoonAWarning) {
    const auto files = make("short", now - 24h, now + 90 * 24h);
    EXPECT_EQ(examined(files, "", now + 80 * 24h).state, State::warning);
    EXPECT_THAT(examined(files, "", now + 80 * 24h).sentence, HasSubstr("renew it"));
    EXPECT_EQ(examined(files, "", now + 90 * 24h).state, State::fault);
    EXPECT_THAT(examined(files, "", now + 90 * 24h).sentence, HasSubstr("ended"));
    EXPECT_EQ(examined(files, "", now - 48h).state, State::fault);
}

TEST_F(CertificateTest, AnothersKeyAWrongNameAndAnOpenKeyAreTold) {
    const auto files = make("one", now - 24h, now + 90 * 24h);
    const auto other = make("other", now - 24h, now + 90 * 24h);
    const auto mixed = examined({files.certificate_chain, other.private_key});
    EXPECT_EQ(mixed.state, State::fault);
    EXPECT_THAT(mixed.sentence, HasSubstr("is not the key of"));
    EXPECT_EQ(examined(files, "bypuls.no").state, State::warning);
    std::filesystem::permissions(files.private_key, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(examined(files).state, State::warning);
    EXPECT_THAT(examined(files).sentence, HasSubstr("chmod o-r"));
}

TEST_F(CertificateTest, ACommonNameIsNoNameToBrowsers) {
    const auto files = make("common", now - 24h, now + 90 * 24h, true);
    EXPECT_EQ(examined(files).state, State::warning);
    EXPECT_THAT(examined(files).sentence, HasSubstr("not made out to data.drammen.no,"));
    EXPECT_EQ(examined(files, "").state, State::ok);
}

TEST_F(CertificateTest, AllThatSpeaksAgainstItIsToldAtOnce) {
    const auto files = make("one", now - 24h, now + 90 * 24h);
    std::filesystem::permissions(files.private_key, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(examined(files, "bypuls.no", now + 80 * 24h).state, State::warning);
    EXPECT_THAT(examined(files, "bypuls.no", now + 80 * 24h).sentence,
                AllOf(HasSubstr("renew it. "), HasSubstr("not made out to bypuls.no, which server.origin names. "),
                      HasSubstr("chmod o-r")));
    EXPECT_EQ(examined(files, "bypuls.no", now + 91 * 24h).state, State::fault);
    EXPECT_THAT(examined(files, "bypuls.no", now + 91 * 24h).sentence,
                AllOf(HasSubstr("ended"), HasSubstr("not made out to"), HasSubstr("chmod o-r")));
}

TEST_F(CertificateTest, FilesThatAreNotThereOrSomethingElseAreNamed) {
    const auto files = make("one", now - 24h, now + 90 * 24h);
    EXPECT_THAT(examined({path("none"), files.private_key}).sentence, HasSubstr(path("none")));
    EXPECT_THAT(examined({files.private_key, files.private_key}).sentence, HasSubstr("no certificate in PEM"));
    EXPECT_THAT(examined({files.certificate_chain, files.certificate_chain}).sentence, HasSubstr("no private key"));
    ASSERT_TRUE(write_text_file(path("empty"), ""));
    EXPECT_EQ(examined({path("empty"), files.private_key}).state, State::fault);
}

TEST_F(CertificateTest, TheDoctorLooksAtThoseThatAreConfigured) {
    const auto files = make("one", now - 24h, now + 90 * 24h);
    SimulatedClock clock{now};
    Settings settings;
    settings.data = path("town");
    settings.listen.port = 0;
    const auto told = [&] {
        std::vector<std::string> all;
        for (const Finding& finding : examine(settings, clock)) {
            if (finding.what.ends_with("certificate")) {
                all.push_back(finding.what + ": " + finding.sentence);
            }
        }
        return all;
    };
    EXPECT_THAT(told(), testing::IsEmpty());
    settings.tls_certificate = files.certificate_chain;
    settings.tls_key = files.private_key;
    settings.origin = "https://data.bypuls.no:8443";
    settings.mqtt.tls_listen = "127.0.0.1:8883";
    settings.mqtt.tls_certificate = files.certificate_chain;
    settings.mqtt.tls_key = path("none");
    EXPECT_THAT(told(),
                testing::ElementsAre(AllOf(HasSubstr("certificate: "), HasSubstr("not made out to data.bypuls.no,")),
                                     AllOf(HasSubstr("MQTT's certificate: "), HasSubstr(path("none")))));
}

}  // namespace
}  // namespace bypuls::apps
