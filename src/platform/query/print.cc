#include <fmt/format.h>

#include "platform/query/expression.h"
#include "platform/query/literal.h"
#include "platform/query/scanner.h"

namespace bypuls::query {
namespace {

/// How tightly a node holds together; higher binds first.
int precedence(const Expression& e) {
    if (e.kind != Expression::Kind::operation) {
        return 9;
    }
    switch (e.op) {
        case Operator::logical_or: return 1;
        case Operator::logical_and: return 2;
        case Operator::logical_not: return 3;
        case Operator::eq:
        case Operator::ne: return 4;
        case Operator::gt:
        case Operator::ge:
        case Operator::lt:
        case Operator::le: return 5;
        case Operator::add:
        case Operator::sub: return 6;
        case Operator::mul:
        case Operator::div:
        case Operator::mod: return 7;
        case Operator::negate: return 8;
    }
    return 9;
}

void print(std::string& out, const Expression& e);

void print_operand(std::string& out, const Expression& e, bool brackets) {
    out += brackets ? "(" : "";
    print(out, e);
    out += brackets ? ")" : "";
}

void print_operation(std::string& out, const Expression& e) {
    const int own = precedence(e);
    if (e.op == Operator::negate) {
        // "-5" and "-INF" are read as literals, so a literal whose sign is turned stands in brackets.
        const Expression& operand = e.arguments.front();
        const bool bare = operand.kind == Expression::Kind::path && operand.path.steps.front() != "INF";
        out += '-';
        print_operand(out, operand, !bare && operand.kind != Expression::Kind::call);
        return;
    }
    if (e.op == Operator::logical_not) {
        out += "not ";
        print_operand(out, e.arguments.front(), precedence(e.arguments.front()) < own);
        return;
    }
    print_operand(out, e.arguments.front(), precedence(e.arguments.front()) < own);
    out += fmt::format(" {} ", name_of(e.op));
    print_operand(out, e.arguments.back(), precedence(e.arguments.back()) <= own);
}

void print(std::string& out, const Expression& e) {
    switch (e.kind) {
        case Expression::Kind::literal: out += literal_text(e.literal); break;
        case Expression::Kind::path: out += to_text(e.path); break;
        case Expression::Kind::operation: print_operation(out, e); break;
        case Expression::Kind::call:
            out += name_of(e.function);
            out += '(';
            for (const Expression& argument : e.arguments) {
                out += &argument == &e.arguments.front() ? "" : ",";
                print(out, argument);
            }
            out += ')';
            break;
        case Expression::Kind::any:
            out += to_text(e.path) + "/any(";
            if (!e.arguments.empty()) {
                out += e.variable + ": ";
                print(out, e.arguments.front());
            }
            out += ')';
            break;
    }
}

bool plain_step(std::string_view step) {
    return is_name(step) || (!step.empty() && is_name('_' + std::string(step)));
}

}  // namespace

std::string to_text(const Path& path) {
    std::string out;
    for (const std::string& step : path.steps) {
        if (out.empty()) {
            out = step;
        } else if (plain_step(step)) {
            out += '/' + step;
        } else {
            out += '/' + literal_text(step);
        }
    }
    return out;
}

std::string to_text(const Expression& expression) {
    std::string out;
    print(out, expression);
    return out;
}

}  // namespace bypuls::query
