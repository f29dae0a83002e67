#include "core/model/jinja/template.h"

#include <QElapsedTimer>
#include <QTest>
#include <fstream>
#include <thread>

using namespace winnow;
using jinja::OrderedJson;
using jinja::Template;

namespace {

OrderedJson readData(const char *name)
{
    std::ifstream stream(std::string(WINNOW_TEST_DATA) + "/jinja/" + name);
    return OrderedJson::parse(stream, nullptr, false);
}

/// 2024-07-26 09:05:07, a Friday: the time of the reference renderings.
jinja::RenderOptions options()
{
    jinja::RenderOptions result;
    std::tm time {};
    time.tm_year = 124;
    time.tm_mon = 6;
    time.tm_mday = 26;
    time.tm_wday = 5;
    time.tm_yday = 207;
    time.tm_hour = 9;
    time.tm_min = 5;
    time.tm_sec = 7;
    result.now = time;
    return result;
}

Result<std::string> rendered(const std::string &source, const OrderedJson &variables = OrderedJson::object())
{
    const auto parsed = Template::parse(source);
    if (!parsed)
        return fail(parsed.error());
    return parsed->render(variables, options());
}

/// "" when the result is the reference's, else what differs.
std::string difference(const OrderedJson &expected, const Result<std::string> &found)
{
    const std::string got = found ? "gave " + OrderedJson(*found).dump() : "failed: " + found.error().message;
    if (expected.contains("output")) {
        const auto text = expected["output"].get<std::string>();
        return found && *found == text ? "" : got + ", expected " + OrderedJson(text).dump();
    }
    if (found)
        return got + ", expected an error: " + expected["error"].get<std::string>();
    return found.error().message.find(expected["error"].get<std::string>()) != std::string::npos ? "" : got;
}

} // namespace

class JinjaTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void languageIsThatOfTheReference();
    void chatTemplatesRenderAsTheReference();
    void messagesNameTheLineOfTheTemplate_data();
    void messagesNameTheLineOfTheTemplate();
    void hostileTemplatesEndInAnErrorSoon_data();
    void hostileTemplatesEndInAnErrorSoon();
    void oneTemplateRendersInSeveralThreads();
    void whatIsLeftOutIsRefusedByName();
};

void JinjaTest::languageIsThatOfTheReference()
{
    const OrderedJson data = readData("language.json");
    QVERIFY(data.is_object());
    QVERIFY(data["cases"].size() > 1000);
    for (const OrderedJson &entry : data["cases"]) {
        const auto source = entry["template"].get<std::string>();
        const OrderedJson variables
            = entry.contains("shared") ? data["shared"] : entry.value("variables", OrderedJson::object());
        const std::string wrong = difference(entry, rendered(source, variables));
        QVERIFY2(wrong.empty(), (source + "\n" + wrong).c_str());
    }
}

void JinjaTest::chatTemplatesRenderAsTheReference()
{
    const OrderedJson data = readData("chat.json");
    QVERIFY(data.is_array() && !data.empty());
    size_t count = 0;
    for (const OrderedJson &group : data) {
        const auto parsed = Template::parse(group["template"].get<std::string>());
        QVERIFY2(parsed, parsed ? "" : parsed.error().message.c_str());
        for (const OrderedJson &entry : group["cases"]) {
            const std::string wrong = difference(entry, parsed->render(entry["variables"], options()));
            QVERIFY2(wrong.empty(),
                (group["name"].get<std::string>() + ": " + entry["variables"].dump() + "\n" + wrong).c_str());
            ++count;
        }
    }
    QVERIFY(count > 300);
}

void JinjaTest::messagesNameTheLineOfTheTemplate_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("message");
    QTest::newRow("syntax") << "a\n{{ 1 +\n }}"
                            << "line 3: unexpected";
    QTest::newRow("unknown filter") << "\n{{ x|nofilter }}"
                                    << "line 2: No filter named 'nofilter'";
    QTest::newRow("undefined") << "a\n\n{% if true %}\n{{ x.y }}{% endif %}"
                               << "line 4: 'x' is undefined";
    QTest::newRow("attribute") << "\n{{ {}.a.b }}"
                               << "line 2: 'dict object' has no attribute 'a'";
    QTest::newRow("raised") << "{% macro f() %}\n{{ raise_exception('no') }}{% endmacro %}\n\n{{ f() }}"
                            << "line 2: no";
    QTest::newRow("back in the caller") << "{% macro f() %}\n\n{% endmacro %}\n{{ f() + 1 }}"
                                        << "line 4: can only concatenate";
    QTest::newRow("open block") << "{% if a %}\nx"
                                << "line 2: Unexpected end of template";
}

void JinjaTest::messagesNameTheLineOfTheTemplate()
{
    QFETCH(QString, source);
    QFETCH(QString, message);
    const auto result = rendered(source.toStdString());
    QVERIFY(!result);
    QVERIFY2(QString::fromStdString(result.error().message).contains(message), result.error().message.c_str());
}

void JinjaTest::hostileTemplatesEndInAnErrorSoon_data()
{
    QTest::addColumn<QString>("source");
    const QString many = "{% for a in range(99999) %}{% for b in range(99999) %}";
    QTest::newRow("endless loops") << many + "{% endfor %}{% endfor %}";
    QTest::newRow("endless output") << many + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}";
    QTest::newRow("a text that doubles")
        << "{% set n = namespace(s='x') %}{% for a in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}";
    QTest::newRow("a list that doubles")
        << "{% set n = namespace(s=[1]) %}{% for a in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}";
    QTest::newRow("a list that holds itself twice") << "{% set n = namespace(s=['x' * 1000]) %}{% for a in range(99) "
                                                       "%}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}";
    QTest::newRow("a macro without end") << "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}";
    QTest::newRow("a caller without end") << "{% macro f() %}{% call f() %}{% endcall %}{% endmacro %}{{ f() }}";
    QTest::newRow("a loop without end") << "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}";
    QTest::newRow("long repetition") << "{{ 'x' * 999999999999 }}";
    QTest::newRow("long field") << "{{ '%999999999d' % 1 }}";
    QTest::newRow("long precision") << "{{ '%.999999999f' % 1 }}";
    QTest::newRow("long padding") << "{{ 'x'.ljust(999999999999) }}";
    QTest::newRow("wide indent") << "{{ 'a\\nb'|indent(999999999999) }}";
    QTest::newRow("replacements") << "{% set s = 'a' * 99999 %}{{ s|replace('', s) }}";
    QTest::newRow("many replacements")
        << "{% set s = 'a' * 999999 %}{% for i in range(9999) %}{% set x = s|replace('a', 'b')|upper %}{% endfor %}";
    QTest::newRow("slow search")
        << "{% set s = 'a' * 9999999 %}{% for i in range(9999) %}{{ s.find('a' * 999999 + 'b') }}{% endfor %}";
    QTest::newRow("large power") << "{{ 9 ** 9 ** 9 }}";
    QTest::newRow("nested generators") << "{% set n = namespace(g=[1]) %}{% for a in range(99999) %}{% set n.g = "
                                          "n.g|map('abs') %}{% endfor %}{{ n.g|list }}";
    QTest::newRow("nested lists")
        << "{% set n = namespace(g=[1]) %}{% for a in range(99999) %}{% set n.g = [n.g] %}{% endfor %}{{ n.g }}";
    QTest::newRow("nested methods")
        << "{% set n = namespace(g=[1]) %}{% for a in range(99999) %}{% set n.g = [n.g].index %}{% endfor %}";
    QTest::newRow("a namespace in itself") << "{% set n = namespace() %}{% set n.n = n %}{{ n }}";
    QTest::newRow("open brackets") << "{{ " + QString(99999, '[');
    QTest::newRow("brackets") << "{{ " + QString(50000, '(') + "1" + QString(50000, ')') + " }}";
    QTest::newRow("a long sum") << "{{ 1" + QString("+1").repeated(99999) + " }}";
    QTest::newRow("minus signs") << "{{ " + QString(99999, '-') + "1 }}";
    QTest::newRow("negations") << "{{ " + QString("not ").repeated(99999) + "1 }}";
    QTest::newRow("attributes") << "{{ a" + QString(".a").repeated(99999) + " }}";
    QTest::newRow("filters") << "{{ a" + QString("|abs").repeated(99999) + " }}";
    QTest::newRow("conditions") << "{{ " + QString("1 if 0 else ").repeated(99999) + "1 }}";
    QTest::newRow("blocks") << QString("{% if 1 %}").repeated(9999);
    QTest::newRow("a sort of long texts") << "{% set s = 'a' * 99999 %}{% set n = namespace(l=[s]) %}{% for i in "
                                             "range(20) %}{% set n.l = n.l + n.l %}{% endfor %}{{ n.l|sort|length }}";
    QTest::newRow("a large file") << QString(2 << 20, 'x');
}

void JinjaTest::hostileTemplatesEndInAnErrorSoon()
{
    QFETCH(QString, source);
    QElapsedTimer timer;
    timer.start();
    const auto result = rendered(source.toStdString());
    QVERIFY(!result);
    QVERIFY(!result.error().message.empty());
    QVERIFY2(timer.elapsed() < 4000, std::to_string(timer.elapsed()).c_str()); // 2 s, twice that on a busy machine
}

void JinjaTest::oneTemplateRendersInSeveralThreads()
{
    const auto parsed = Template::parse("{% for i in range(200) %}{{ i ~ x }}{% endfor %}");
    QVERIFY(parsed);
    const std::string expected = *parsed->render({ { "x", "a" } });
    std::vector<std::string> results(4);
    {
        std::vector<std::jthread> threads;
        for (std::string &result : results)
            threads.emplace_back([&] { result = *parsed->render({ { "x", "a" } }); });
    }
    for (const std::string &result : results)
        QCOMPARE(result, expected);
}

void JinjaTest::whatIsLeftOutIsRefusedByName()
{
    for (const char *source : { "{% include 'a' %}", "{% extends 'a' %}", "{% block a %}{% endblock %}",
             "{{ 'a'|urlize }}", "{{ lipsum() }}", "{{ 'a'.encode() }}" }) {
        const auto result = rendered(source);
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::Unsupported);
        QVERIFY2(result.error().message.find("not supported") != std::string::npos, result.error().message.c_str());
    }
}

QTEST_GUILESS_MAIN(JinjaTest)
#include "jinja_test.moc"
