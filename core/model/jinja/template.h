#pragma once

#include "core/base/error.h"
#include "core/model/jinja/limits.h"

#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::jinja {

struct Syntax;

/// JSON that keeps the order of keys: templates print dictionaries as they were written.
using OrderedJson = nlohmann::ordered_json;

struct RenderOptions {
    Limits limits;
    std::optional<std::tm> now; ///< of strftime_now; the local time when it is not given
};

/// A parsed chat template: jinja2 as transformers' apply_chat_template sets it up (immutable sandbox, trim_blocks,
/// lstrip_blocks, loop controls, generation tag, tojson, raise_exception, strftime_now). Can be rendered any number of
/// times, from several threads.
///
/// Deviation: whole numbers have 64 bits; tags and filters that need other templates, HTML or chance are refused by
/// name.
class Template {
public:
    /// @error BadInput with the line of what is no template; Unsupported for what is refused.
    /// @cost  O(bytes); sources up to 1 MiB.
    static Result<Template> parse(std::string_view source);

    /// @param variables  an object: the names that the template sees.
    /// @error BadInput with the line where the template failed, or passed a limit of the options.
    Result<std::string> render(const OrderedJson &variables, const RenderOptions &options = {}) const;

private:
    std::shared_ptr<const Syntax> m_syntax;
};

} // namespace winnow::jinja
