#include "platform/analysis/formats.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::analysis {
namespace {

class CsvSink final : public Sink {
public:
    explicit CsvSink(Write write) : write_(std::move(write)) {}

    Result<void> columns(std::span<const Column> columns) override {
        std::vector<Cell> names;
        for (const Column& column : columns) {
            names.emplace_back(column.name);
        }
        return row(names);
    }

    Result<void> row(std::span<const Cell> cells) override {
        line_.clear();
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (i > 0) {
                line_ += ',';
            }
            if (cells[i]) {
                append(*cells[i]);
            }
        }
        line_ += "\r\n";
        return write_(line_);
    }

    Result<void> finish() override { return {}; }

private:
    void append(std::string_view text) {
        if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
            line_ += text;
            return;
        }
        line_ += '"';
        for (const char c : text) {
            line_ += c;
            if (c == '"') {
                line_ += c;
            }
        }
        line_ += '"';
    }

    Write write_;
    std::string line_;
};

class JsonSink final : public Sink {
public:
    explicit JsonSink(Write write) : write_(std::move(write)) {}

    Result<void> columns(std::span<const Column> columns) override {
        columns_.assign(columns.begin(), columns.end());
        return {};
    }

    Result<void> row(std::span<const Cell> cells) override {
        line_ = "{";
        for (std::size_t i = 0; i < cells.size(); ++i) {
            line_ += i > 0 ? "," : "";
            append_json_string(line_, columns_[i].name);
            line_ += ':';
            append(columns_[i].kind, cells[i]);
        }
        line_ += "}\n";
        return write_(line_);
    }

    Result<void> finish() override { return {}; }

private:
    void append(Column::Kind kind, Cell cell) {
        if (!cell) {
            line_ += "null";
        } else if (kind == Column::Kind::boolean || (kind == Column::Kind::number && is_json_number(*cell))) {
            line_ += *cell;
        } else {
            append_json_string(line_, *cell);
        }
    }

    /// Infinities and NaN have no number in JSON; they are written as text.
    static bool is_json_number(std::string_view text) {
        return std::ranges::all_of(
            text, [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e'; });
    }

    Write write_;
    std::vector<Column> columns_;
    std::string line_;
};

/// Code points, which is near enough to columns of a terminal for Norwegian text.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class TableSink final : public Sink {
public:
    explicit TableSink(Write write) : write_(std::move(write)) {}

    Result<void> columns(std::span<const Column> columns) override {
        columns_.assign(columns.begin(), columns.end());
        for (const Column& column : columns) {
            widths_.push_back(width_of(column.name));
        }
        return {};
    }

    Result<void> row(std::span<const Cell> cells) override {
        if (++seen_ > table_rows_max) {
            return {};
        }
        for (std::size_t i = 0; i < cells.size(); ++i) {
            std::string text(cells[i].value_or("-"));
            std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
            widths_[i] = std::max(widths_[i], width_of(text));
            kept_.push_back(std::move(text));
        }
        return {};
    }

    Result<void> finish() override {
        std::vector<std::string> names;
        std::string rule;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            names.push_back(columns_[i].name);
            rule += std::string(i > 0 ? 2 : 0, ' ') + std::string(widths_[i], '-');
        }
        TRY_DO(line(names));
        TRY_DO(write_(rule + "\n"));
        for (std::size_t at = 0; at < kept_.size(); at += columns_.size()) {
            TRY_DO(line(std::span(kept_).subspan(at, columns_.size())));
        }
        return write_(seen_ > table_rows_max ? fmt::format("{} rows, of which {} are shown\n", seen_, table_rows_max)
                                             : fmt::format("{} row{}\n", seen_, seen_ == 1 ? "" : "s"));
    }

private:
    Result<void> line(std::span<const std::string> cells) {
        std::string out;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string padding(widths_[i] - width_of(cells[i]), ' ');
            out += i > 0 ? "  " : "";
            out += columns_[i].kind == Column::Kind::number ? padding + cells[i] : cells[i] + padding;
        }
        out.erase(out.find_last_not_of(' ') + 1);
        return write_(out + "\n");
    }

    Write write_;
    std::vector<Column> columns_;
    std::vector<std::size_t> widths_;
    std::vector<std::string> kept_;  ///< row by row
    std::uint64_t seen_ = 0;
};

}  // namespace

std::optional<Format> format_named(std::string_view name) {
    if (name == "table") {
        return Format::table;
    }
    if (name == "csv") {
        return Format::csv;
    }
    if (name == "json") {
        return Format::json;
    }
    return std::nullopt;
}

std::unique_ptr<Sink> make_sink(Format format, Write write) {
    switch (format) {
        case Format::csv: return std::make_unique<CsvSink>(std::move(write));
        case Format::json: return std::make_unique<JsonSink>(std::move(write));
        case Format::table: break;
    }
    return std::make_unique<TableSink>(std::move(write));
}

}  // namespace bypuls::analysis
