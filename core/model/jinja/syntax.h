#pragma once

#include "core/model/jinja/machine.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace winnow::jinja {

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using StatementPtr = std::unique_ptr<Statement>;

/// Where a variable lives: so many frames outwards, slot of that frame. No slot: the name is not a variable here.
struct SlotRef {
    int hops = 0;
    size_t slot = SIZE_MAX;
};

/// How a variable gets its first value when a frame is entered (jinja2.idtracking).
enum class Load { Parameter, Resolve, Alias, Undefined };

struct SlotLoad {
    Load load = Load::Undefined;
    std::string name; ///< of Resolve
    SlotRef outer; ///< of Alias, seen from the frame's parent
};

/// The variables of one frame: the template, a loop's body, a macro, ...
struct FramePlan {
    std::vector<SlotLoad> slots;
    bool captured = false; ///< a macro or generator inside may outlive the frame
};

enum class ExpressionKind {
    Constant,
    Name,
    Attribute, // operands: object
    Item, // object, key
    Slice, // object, start, stop, step (each may be null)
    Call, // callee
    Filter, // value (null: the text of a block)
    Test, // value
    Not,
    Negative,
    Positive,
    Binary, // left, right
    And,
    Or,
    Compare, // first, then one for each of comparisons
    Concat,
    Condition, // test, then, otherwise (may be null)
    List,
    Tuple,
    Dict, // key, value, key, value, ...
    NamespaceTarget, // of assignments: name.attribute
};

struct CallArguments {
    std::vector<ExpressionPtr> positional;
    std::vector<std::pair<std::string, ExpressionPtr>> named;
    ExpressionPtr list; // *list
    ExpressionPtr map; // **map
};

struct Expression {
    ExpressionKind kind = ExpressionKind::Constant;
    int line = 0;
    int depth = 1;
    std::string name; // variable, attribute, filter or test
    std::string attribute; // of NamespaceTarget
    Value constant;
    std::vector<ExpressionPtr> operands;
    std::unique_ptr<CallArguments> arguments;
    std::vector<Comparison> comparisons;
    BinaryOperator binary = BinaryOperator::Add;
    SlotRef slot;
};

enum class StatementKind {
    Output, // values
    If,
    For,
    Set,
    SetBlock,
    Macro,
    CallBlock,
    FilterBlock,
    With,
    Generation,
    Break,
    Continue,
};

struct Branch {
    ExpressionPtr test; // null: else
    int line = 0;
    std::vector<StatementPtr> body;
};

struct Statement {
    StatementKind kind = StatementKind::Output;
    int line = 0;
    std::vector<ExpressionPtr> values; // Output: in turn; With: values
    ExpressionPtr target; // For, Set, SetBlock
    ExpressionPtr value; // For: iterable; Set: value; CallBlock: the call; FilterBlock, SetBlock: filters (may be null)
    ExpressionPtr test; // For
    bool recursive = false; // For
    std::vector<Branch> branches; // If
    std::vector<StatementPtr> body;
    std::vector<StatementPtr> otherwise; // For

    std::string name; // Macro
    std::vector<ExpressionPtr> parameters; // Macro, CallBlock; With: targets
    std::vector<ExpressionPtr> defaults; // of the last parameters
    bool takesCaller = false, takesNamed = false, takesPositional = false;
    SlotRef nameSlot; // Macro
    size_t callerSlot = 0, namedSlot = 0, positionalSlot = 0, loopSlot = 0;

    FramePlan frame; // of the body
    FramePlan testFrame; // For
    FramePlan otherwiseFrame; // For
};

/// A parsed template whose variables have places.
struct Syntax {
    std::vector<StatementPtr> body;
    FramePlan frame;
};

/// Parses a template as jinja2 does with trim_blocks, lstrip_blocks, loop controls and the generation tag.
/// @error Failure with the line.
Syntax parseTemplate(std::string_view source);

/// Gives every variable its place, as jinja2's compiler does; called by parseTemplate.
void resolveNames(Syntax &syntax);

} // namespace winnow::jinja
