#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <soci/soci.h>

#include "platform/registry/relational/rows.h"

/// Reading and writing rows, whatever the entity. Part of the room's inside; everything here throws as SOCI does.
namespace bypuls::registry::rows {

using Value = std::variant<long long, double, std::string>;

/// A condition with its named values: {"thing = :thing", {{"thing", 7}}}.
struct Where {
    std::string text = "0 = 0";
    std::vector<std::pair<std::string, Value>> values = {};
    std::string order = "id";
    std::size_t limit = page_max;
};

inline void bind(soci::statement& statement, const std::vector<std::pair<std::string, Value>>& values) {
    for (const auto& entry : values) {
        std::visit([&](const auto& bound) { statement.exchange(soci::use(bound, entry.first)); }, entry.second);
    }
}

inline void execute(soci::session& sql, const std::string& text,
                    const std::vector<std::pair<std::string, Value>>& values) {
    soci::statement statement(sql);
    bind(statement, values);
    statement.alloc();
    statement.prepare(text);
    statement.define_and_bind();
    statement.execute(true);
}

template <typename Entity>
std::vector<Entity> select(soci::session& sql, const Where& where) {
    std::string columns = "id";
    Row<Entity> row;
    row.each([&](const char* column, auto&) { columns += fmt::format(", {}", column); });
    long long id = 0;
    soci::statement statement(sql);
    bind(statement, where.values);
    statement.exchange(soci::into(id));
    row.each([&](const char*, auto& member) { statement.exchange(soci::into(member)); });
    statement.alloc();
    statement.prepare(fmt::format("SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {}", columns, table_of<Entity>(),
                                  where.text, where.order, where.limit));
    statement.define_and_bind();
    statement.execute();
    std::vector<Entity> found;
    while (statement.fetch()) {
        found.push_back(row.entity(id));
    }
    return found;
}

/// One column of `SELECT … ` with values bound.
template <typename T>
std::vector<T> column(soci::session& sql, const std::string& text,
                      const std::vector<std::pair<std::string, Value>>& values) {
    T cell{};
    soci::statement statement(sql);
    bind(statement, values);
    statement.exchange(soci::into(cell));
    statement.alloc();
    statement.prepare(text);
    statement.define_and_bind();
    statement.execute();
    std::vector<T> found;
    while (statement.fetch()) {
        found.push_back(cell);
    }
    return found;
}

/// {"id", id}: what is bound to ":id".
inline std::vector<std::pair<std::string, Value>> values(std::int64_t id) {
    return {{"id", static_cast<long long>(id)}};
}

/// By rising id, each once.
template <typename Id>
std::vector<std::int64_t> sorted(std::span<const Id> ids) {
    std::vector<std::int64_t> plain;
    plain.reserve(ids.size());
    for (const Id id : ids) {
        plain.push_back(id.value);
    }
    std::ranges::sort(plain);
    plain.erase(std::ranges::unique(plain).begin(), plain.end());
    return plain;
}

/// Calls visit(list) with "1, 2, 3" for at most a thousand ids at a time: numbers of ours, so they need no binding.
template <typename Ids, typename Visit>
void in_lists(const Ids& ids, Visit visit) {
    constexpr std::size_t chunk_max = 1000;
    std::string list;
    std::size_t count = 0;
    for (const auto id : ids) {
        fmt::format_to(std::back_inserter(list), "{}{}", list.empty() ? "" : ", ", id);
        if (++count == chunk_max) {
            visit(list);
            list.clear();
            count = 0;
        }
    }
    if (!list.empty()) {
        visit(list);
    }
}

/// Calls put(owner, value) for each entry of the lists of these owners, in the order of each list.
template <typename Cell, typename Put>
void select_links(soci::session& sql, const Link& link, const std::vector<std::int64_t>& owners, Put put) {
    in_lists(owners, [&](const std::string& list) {
        long long owner = 0;
        Cell value{};
        soci::statement statement =
            (sql.prepare << fmt::format("SELECT {0}, {1} FROM {2} WHERE {0} IN ({3}) ORDER BY {0}, position",
                                        link.owner, link.value, link.table, list),
             soci::into(owner), soci::into(value));
        statement.execute();
        while (statement.fetch()) {
            put(owner, value);
        }
    });
}

/// Writes rows of any table, many to a statement: that is what makes fifty thousand take seconds over a socket.
class RowWriter {
public:
    /// `columns` as "id, name".
    RowWriter(soci::session& sql, std::string_view table, std::vector<std::string> columns)
        : sql_(sql), table_(table), columns_(std::move(columns)) {}

    void add(std::vector<std::variant<long long, double, std::string>> cells) {
        rows_.push_back(std::move(cells));
        if (rows_.size() == batch_rows) {
            flush();
        }
    }
    /// To be called when the last row has been added.
    void flush() {
        if (rows_.empty()) {
            return;
        }
        // Every full batch is the same statement, prepared once.
        if (!statement_ || prepared_rows_ != rows_.size()) {
            bound_ = rows_;
            prepare();
        } else {
            // The statement has the addresses of bound_'s cells.
            for (std::size_t row = 0; row < rows_.size(); ++row) {
                for (std::size_t cell = 0; cell < columns_.size(); ++cell) {
                    std::visit(
                        [&](auto& to) { to = std::get<std::remove_reference_t<decltype(to)>>(rows_[row][cell]); },
                        bound_[row][cell]);
                }
            }
        }
        statement_->execute(true);
        rows_.clear();
    }

private:
    static constexpr std::size_t batch_rows = 64;

    void prepare() {
        std::string text = fmt::format("INSERT INTO {} ({}) VALUES ", table_, fmt::join(columns_, ", "));
        statement_ = std::make_unique<soci::statement>(sql_);
        for (std::size_t row = 0; row < bound_.size(); ++row) {
            text += row == 0 ? "(" : ", (";
            for (std::size_t cell = 0; cell < columns_.size(); ++cell) {
                const std::string name = fmt::format("r{}c{}", row, cell);
                text += (cell == 0 ? ":" : ", :") + name;
                std::visit([&](auto& value) { statement_->exchange(soci::use(value, name)); }, bound_[row][cell]);
            }
            text += ")";
        }
        statement_->alloc();
        statement_->prepare(text);
        statement_->define_and_bind();
        prepared_rows_ = bound_.size();
    }

    soci::session& sql_;
    const std::string table_;
    const std::vector<std::string> columns_;
    std::vector<std::vector<std::variant<long long, double, std::string>>> rows_;
    std::vector<std::vector<std::variant<long long, double, std::string>>> bound_;
    std::unique_ptr<soci::statement> statement_;
    std::size_t prepared_rows_ = 0;
};

template <typename Entity>
std::vector<std::string> columns_of() {
    std::vector<std::string> columns{"id", "version"};
    Row<Entity> row;
    row.each([&](const char* column, auto&) { columns.emplace_back(column); });
    return columns;
}

template <typename Entity>
void add_row(RowWriter& writer, const Entity& entity, Version version) {
    auto row = Row<Entity>::of(entity);
    std::vector<std::variant<long long, double, std::string>> cells{entity.id.value, static_cast<long long>(version)};
    row.each([&](const char*, auto& member) { cells.emplace_back(member); });
    writer.add(std::move(cells));
}

template <typename Entity>
void insert(soci::session& sql, const Entity& entity, Version version) {
    RowWriter writer(sql, table_of<Entity>(), columns_of<Entity>());
    add_row(writer, entity, version);
    writer.flush();
}

/// False when there is no such row.
template <typename Entity>
bool update(soci::session& sql, const Entity& entity, Version version) {
    auto row = Row<Entity>::of(entity);
    const long long id = entity.id.value;
    const auto at = static_cast<long long>(version);
    std::string text = fmt::format("UPDATE {} SET version = :version", table_of<Entity>());
    soci::statement statement(sql);
    statement.exchange(soci::use(at, "version"));
    row.each([&](const char* column, auto& member) {
        text += fmt::format(", {0} = :{0}", column);
        statement.exchange(soci::use(member, column));
    });
    text += " WHERE id = :id";
    statement.exchange(soci::use(id, "id"));
    statement.alloc();
    statement.prepare(text);
    statement.define_and_bind();
    statement.execute(true);
    return statement.get_affected_rows() > 0;
}

template <typename Values>
void add_links(RowWriter& writer, long long owner, const Values& values) {
    long long position = 0;
    for (const auto& value : values) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::string>) {
            writer.add({owner, value, position++});
        } else {
            writer.add({owner, static_cast<long long>(value.value), position++});
        }
    }
}

inline RowWriter link_writer(soci::session& sql, const Link& link) {
    return {sql, link.table, {std::string(link.owner), std::string(link.value), "position"}};
}

template <typename Values>
void replace_links(soci::session& sql, const Link& link, long long owner, const Values& values) {
    execute(sql, fmt::format("DELETE FROM {} WHERE {} = :owner", link.table, link.owner), {{"owner", owner}});
    RowWriter writer = link_writer(sql, link);
    add_links(writer, owner, values);
    writer.flush();
}

}  // namespace bypuls::registry::rows
