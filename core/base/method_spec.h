#pragma once

#include "core/base/budget.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace winnow {

class Method; // core/methods/method.h
class PromptMethod; // core/methods/prompt_method.h
class Segmenter; // core/methods/segmenter.h

/// Text: free words whose meaning the method checks, empty by default.
enum class ParameterType { Int, Float, Bool, Choice, Text };

/// One typed parameter of a method: the source of form rows, command-line flags, session columns and the methods table.
struct ParameterSpec {
    std::string_view name{}; // permanent, camelCase: "window"
    std::string_view title{}; // "Window"
    std::string_view unit{}; // "tokens", "of C", "" ...
    std::string_view tooltip{}; // one sentence: what it changes
    ParameterType type = ParameterType::Float;
    double defaultValue = 0; // Choice: index into choices; Bool: 0 or 1
    double minimum = 0;
    double maximum = 1;
    bool oddOnly = false; // Int: only odd values
    std::span<const std::string_view> choices{}; // Choice only
    std::span<const std::string_view> choiceTitles{}; // same length as choices
    std::string_view visibleWhen{}; // "pool!=none": the form hides the row otherwise; empty = always
    std::string_view leastMeans{}; // Int, Float: what the minimum stands for, "automatic"; empty = itself
};

/// A named setting of a method: the usual values but for those it names.
struct PresetSpec {
    std::string_view title{}; // "Static"
    std::string_view tooltip{};
    std::string_view values{}; // "stages=1, attentionWeight=0": words of choices, numbers, true or false
    double fraction = 0; // budget that belongs to it; 0 = any
};

/// What `--budget` means for a method.
struct BudgetSpec {
    std::string_view unit = "tokens"; // "tokens", "channels", ...; empty = the method has no budget (full)
    double defaultFraction = 0.2; // of N, or of L
    double minimumFraction = 0.01;
    BudgetMeaning meaning = BudgetMeaning::KeptTokens;
    std::string_view parameter{}; // Float parameter that says the same as a fraction; read where no budget is given
};

/// The whole description of a method; one constinit object per core/methods/<family>/<id>.cpp.
struct MethodSpec {
    std::string_view id{}; // permanent, in saved sessions
    std::string_view title{}; // "SnapKV"
    std::string_view family{}; // "kv"
    std::string_view summary{}; // one line for the form: what it keeps
    std::string_view source{}; // "arXiv:2404.14469"
    std::string_view sourceUrl{};
    BudgetSpec budget{};
    std::span<const ParameterSpec> parameters{};
    std::span<const PresetSpec> presets{};
    std::string_view needs{}; // capture parts, comma separated: "colSum", "winRows", "queryMoments", "keyNorm"
    std::string_view artifacts{}; // "KeptTokens,TokenScores,Savings"
    std::string_view badge{}; // what a table must say beside the name: "question-aware", "stand-in"; empty = nothing
    // Exactly one is set: what the family of the method is made of.
    std::unique_ptr<const Method> (*create)() = nullptr; // kv
    std::unique_ptr<const PromptMethod> (*createPrompt)() = nullptr; // prompt
    std::unique_ptr<const Segmenter> (*createSegmenter)() = nullptr; // segment
};

} // namespace winnow
