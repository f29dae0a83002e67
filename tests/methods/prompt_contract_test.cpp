#include "tests/support/prompt_fixture.h"
#include "tests/support/toy_scorer.h"

#include <map>

using namespace winnow;
using namespace winnow::test;

namespace {

/// Three contexts of words, a token each, the blank lines between them tokens of their own.
PromptInput threeContexts()
{
    PromptInput input;
    SplitMix64 random(5);
    const std::vector<std::string> words{"the", "Report", "says", "net", "revenue", "grew", "by", "12", "percent", "in", "May.", "It", "was", "308,"};
    const auto add = [&](const std::string &piece) {
        const auto begin = int64_t(input.text.size());
        input.text += piece;
        input.spans.emplace_back(begin, int64_t(input.text.size()));
        input.ids.push_back(int32_t(random.below(60)));
    };
    for (const int count : {30, 52, 41}) {
        if (!input.ids.empty())
            add("\n\n");
        const auto first = int32_t(input.ids.size());
        const size_t begin = input.text.size();
        for (int i = 0; i < count; ++i)
            add((i > 0 ? " " : "") + words[random.below(words.size())]);
        input.contextTokens.push_back({first, int32_t(input.ids.size())});
        input.contexts.push_back(input.text.substr(begin));
    }
    input.instruction = "Answer.";
    input.question = "How much did revenue grow?";
    input.instructionTokens = 2;
    input.questionTokens = 6;
    input.answers = {"12 percent"};
    return input;
}

/// Default, minimum, maximum and every choice of each parameter, one at a time.
std::map<std::string, Json> extremes(const MethodSpec &spec)
{
    std::map<std::string, Json> cases{{"defaults", Json::object()}};
    const auto put = [&](std::string_view name, const Json &value) { cases[std::string(name) + "=" + value.dump()] = Json{{std::string(name), value}}; };
    for (const ParameterSpec &parameter : spec.parameters) {
        if (parameter.type == ParameterType::Choice) {
            for (const std::string_view choice : parameter.choices)
                put(parameter.name, std::string(choice));
        } else if (parameter.type == ParameterType::Bool) {
            put(parameter.name, true);
            put(parameter.name, false);
        } else if (parameter.type != ParameterType::Text) {
            for (const double value : {parameter.minimum, parameter.maximum})
                put(parameter.name, parameter.type == ParameterType::Int ? Json(int64_t(value)) : Json(value));
        }
    }
    for (auto &[name, given] : cases) {
        for (const ParameterSpec &parameter : spec.parameters) {
            if (parameter.name == "pattern" && given.value("protect", "") == "regex")
                given["pattern"] = "[0-9]+";
            if (parameter.name == "heads" && name == "defaults")
                given["heads"] = "0:1";
            if (parameter.name == "segment" && !given.contains("segment"))
                given["segment"] = 32;
        }
    }
    return cases;
}

/// Of characters without white space, which some methods fold.
bool isSubsequence(std::string part, const std::string &whole)
{
    std::erase_if(part, [](char c) { return c == ' ' || c == '\n'; });
    size_t at = 0;
    for (const char c : whole)
        at += at < part.size() && part[at] == c;
    return at == part.size();
}

} // namespace

/// prompt-compression-baselines.md 8, invariants, for every method of the table and its parameters at their extremes.
class PromptContractTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("parameters");
        for (const MethodSpec *spec : methodsOf("prompt")) {
            for (const auto &[name, given] : extremes(*spec)) {
                const std::string tag = std::string(spec->id) + ' ' + name;
                QTest::newRow(tag.c_str()) << QString::fromStdString(std::string(spec->id)) << QString::fromStdString(given.dump());
            }
        }
    }

    void outputIsASubsequenceAndMeetsTheBudget()
    {
        const auto made = findMethod(method())->createPrompt();
        const Parameters parameters = promptParameters(method(), given());
        const PromptInput input = threeContexts();
        for (const double rate : {.02, .33, .5, .66, .95}) {
            ToyScorer scorer;
            auto plan = made->compress(input, scorer, {rate, -1}, parameters, {});
            if (!plan && plan.error().code == ErrorCode::BadInput && plan.error().message.find("folder") != std::string::npos)
                QSKIP("needs the files of a model");
            QVERIFY2(plan.has_value(), plan ? "" : plan.error().message.c_str());
            QVERIFY(std::is_sorted(plan->kept.begin(), plan->kept.end(), std::less_equal<>()));
            QVERIFY(plan->kept.empty() || (plan->kept.front() >= 0 && plan->kept.back() < input.tokens()));
            const bool reordered = method() == "longllmlingua" && given().value("order", "rank") == "rank";
            if (!reordered)
                QVERIFY(isSubsequence(plan->text, input.text));
            if (made->takesBudget() && made->meetsBudget(parameters)) {
                const int64_t target = PromptBudget{rate, -1}.target(input.tokens());
                QVERIFY2(std::abs(int64_t(plan->kept.size()) - target) <= 1, qPrintable(QString("%1 kept, %2 asked").arg(plan->kept.size()).arg(target)));
            }
            if (!made->scores(parameters) && made->meetsBudget(parameters) && made->takesBudget())
                QVERIFY(int64_t(plan->kept.size()) <= PromptBudget({rate, -1}).target(input.tokens()));
        }
    }

    void wholeBudgetGivesTheInputBack()
    {
        const auto made = findMethod(method())->createPrompt();
        const PromptInput input = threeContexts();
        ToyScorer scorer;
        const auto plan = made->compress(input, scorer, {1, -1}, promptParameters(method(), given()), {});
        QVERIFY2(plan.has_value(), plan ? "" : plan.error().message.c_str());
        QCOMPARE(scorer.costs().forwards, 0);
        if (!made->takesBudget())
            return;
        QCOMPARE(int64_t(plan->kept.size()), input.tokens());
        QCOMPARE(plan->text, input.text);
    }

    void sameSeedSameResult()
    {
        const PromptInput input = threeContexts();
        ToyScorer first, second;
        const auto a = compressed(method(), input, first, {.4, -1}, given()), b = compressed(method(), input, second, {.4, -1}, given());
        QCOMPARE(a.has_value(), b.has_value());
        if (!a)
            QSKIP("needs the files of a model");
        QCOMPARE(a->kept, b->kept);
        QCOMPARE(a->text, b->text);
        QCOMPARE(a->stageOf, b->stageOf);
    }

    void emptyInputsAreRefused()
    {
        ToyScorer scorer;
        PromptInput input;
        input.contexts = {""};
        input.contextTokens = {{0, 0}};
        QVERIFY(!compressed(method(), input, scorer, {.5, -1}, given()));
    }

    void shortTextsAreNoTrouble()
    {
        const PromptInput whole = threeContexts();
        for (const int32_t n : {1, 2, 3, 5}) {
            PromptInput input = whole;
            input.ids.resize(size_t(n));
            input.spans.resize(size_t(n));
            input.text.resize(size_t(input.spans.back().second));
            input.contexts = {input.text};
            input.contextTokens = {{0, n}};
            ToyScorer scorer;
            const auto plan = compressed(method(), input, scorer, {.5, -1}, given());
            if (!plan && plan.error().message.find("folder") != std::string::npos)
                QSKIP("needs the files of a model");
            QVERIFY2(plan.has_value(), plan ? "" : plan.error().message.c_str());
        }
    }

private:
    static std::string method()
    {
        QFETCH_GLOBAL(QString, method);
        return method.toStdString();
    }
    static Json given()
    {
        QFETCH_GLOBAL(QString, parameters);
        return Json::parse(parameters.toStdString());
    }
};

QTEST_GUILESS_MAIN(PromptContractTest)
#include "prompt_contract_test.moc"
