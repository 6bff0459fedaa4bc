#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"

struct sqlite3;
struct sqlite3_stmt;

/// The little of SQLite that the hot path needs: connections and prepared statements that close themselves.
namespace bypuls::observations::blocks {

class Connection;

/// A prepared statement, kept and used again. Parameters and columns count from 1 and 0, as SQLite's do.
class Statement {
public:
    Statement() = default;

    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, double value);
    /// The text or bytes must live until the next reset.
    Statement& bind(int index, std::string_view text);
    Statement& bind(int index, ByteView bytes);
    Statement& bind_null(int index);

    /// True: a row is there. False: no more rows.
    Result<bool> step();
    /// Runs to the end and makes it ready for the next use.
    Result<void> run();
    void reset();

    std::int64_t integer(int column) const;
    double number(int column) const;
    std::string_view text(int column) const;
    ByteView bytes(int column) const;
    bool null(int column) const;
    int columns() const;
    enum class Kind : std::uint8_t { integer, number, text, bytes, null };
    Kind kind(int column) const;
    /// Its index, or 0.
    int parameter(const std::string& name) const;

private:
    friend class Connection;
    struct Close {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Close> statement_;
};

/// One connection, for one thread at a time.
class Connection {
public:
    enum class Mode : std::uint8_t { write, read };
    static Result<Connection> open(const std::string& path, Mode mode);

    Result<void> execute(const char* sql);
    Result<Statement> prepare(std::string_view sql) const;
    Result<std::int64_t> integer(std::string_view sql) const;
    bool in_transaction() const;

private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    std::unique_ptr<sqlite3, Close> database_;
};

/// Resets a statement at the end of a scope, so that no read transaction is left open.
class Using {
public:
    explicit Using(Statement& statement) : statement_(statement) {}
    ~Using() { statement_.reset(); }
    Using(const Using&) = delete;
    Using& operator=(const Using&) = delete;

private:
    Statement& statement_;
};

}  // namespace bypuls::observations::blocks
