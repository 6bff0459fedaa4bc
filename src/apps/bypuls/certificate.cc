#include "apps/bypuls/certificate.h"

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "core/files.h"
#include "core/time/iso8601.h"

namespace bypuls::apps {
namespace {

using State = Finding::State;

constexpr std::chrono::days ends_soon{21};

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

/// Nobody is there to type it.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

template <typename Made, typename Read>
Result<std::unique_ptr<Made, Free>> read_pem(const std::string& path, std::string_view is_none, Read read) {
    TRY(const std::string text, read_text_file(path));
    const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    std::unique_ptr<Made, Free> made(read(bio.get(), nullptr, no_passphrase, nullptr));
    if (!made) {
        return fail(Errc::malformed, fmt::format("{}: {}", path, is_none));
    }
    return made;
}

std::optional<Instant> instant_of(const ASN1_TIME* time) {
    std::tm civil{};
    if (ASN1_TIME_to_tm(time, &civil) != 1) {
        return std::nullopt;
    }
    return Instant{std::chrono::seconds{::timegm(&civil)}};
}

bool made_out_to(X509* certificate, const std::string& host) {
    // Browsers read the alternative names alone, and no common name.
    return X509_check_host(certificate, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1 ||
           X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
}

bool everybody_reads(const std::string& path) {
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 && (found.st_mode & S_IROTH) != 0;
}

/// What speaks against a pair that belongs together: all of it, the worst first.
std::pair<State, std::string> judged(X509* certificate, const CertificateFiles& files, const std::string& host,
                                     Instant now) {
    const auto begins = instant_of(X509_get0_notBefore(certificate));
    const auto ends = instant_of(X509_get0_notAfter(certificate));
    State state = State::ok;
    std::vector<std::string> against;
    const auto tell = [&](State as, std::string sentence) {
        state = std::max(state, as);
        against.push_back(std::move(sentence));
    };
    if (!begins || !ends) {
        tell(State::fault, files.certificate_chain + " does not say when it is valid");
    } else if (now < *begins || now >= *ends) {
        tell(State::fault,
             fmt::format("{} {} {}; browsers refuse it", files.certificate_chain,
                         now < *begins ? "is valid from" : "ended", format_instant(now < *begins ? *begins : *ends)));
    } else if (*ends - now < ends_soon) {
        tell(State::warning, fmt::format("{} ends {}; renew it", files.certificate_chain, format_instant(*ends)));
    }
    if (!host.empty() && !made_out_to(certificate, host)) {
        tell(State::warning,
             fmt::format("{} is not made out to {}, which server.origin names", files.certificate_chain, host));
    }
    if (everybody_reads(files.private_key)) {
        tell(State::warning, fmt::format("everyone on this machine may read {0}; chmod o-r {0}", files.private_key));
    }
    if (against.empty()) {
        against.push_back(fmt::format("{} is valid until {}", files.certificate_chain, format_instant(*ends)));
    }
    return {state, fmt::format("{}", fmt::join(against, ". "))};
}

}  // namespace

Finding examine_certificate(std::string what, const CertificateFiles& files, const std::string& host, Instant now) {
    const auto certificate =
        read_pem<X509>(files.certificate_chain, "this is no certificate in PEM", PEM_read_bio_X509);
    if (!certificate) {
        return {std::move(what), State::fault, certificate.error().what};
    }
    const auto key = read_pem<EVP_PKEY>(files.private_key, "this is no private key in PEM, or it has a passphrase",
                                        PEM_read_bio_PrivateKey);
    if (!key) {
        return {std::move(what), State::fault, key.error().what};
    }
    if (X509_check_private_key(certificate->get(), key->get()) != 1) {
        return {std::move(what), State::fault,
                fmt::format("{} is not the key of {}", files.private_key, files.certificate_chain)};
    }
    auto [state, sentence] = judged(certificate->get(), files, host, now);
    return {std::move(what), state, std::move(sentence)};
}

}  // namespace bypuls::apps
