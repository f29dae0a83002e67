#include "core/serve/segment_run.h"

#include "core/base/json_fields.h"
#include "core/base/utf8.h"
#include "core/serve/request_fields.h"
#include "core/words/characters.h"
#include "core/words/line_dictionary.h"

#include <chrono>
#include <map>
#include <set>

namespace winnow {
namespace {

    /// Edges, paths and states of one line in the automaton of what it touches.
    struct LineLattice {
        CutText text;
        WordAutomaton automaton;
        std::vector<LatticeEdge> edges;
        std::vector<LatticePath> paths;
    };

    std::string textOf(const CutText &text, int32_t first, int32_t end) { return toUtf8(text.word(first, end)); }

    bool onPath(const LatticePath &path, const LatticeEdge &edge)
    {
        int32_t first = 0;
        for (const int32_t end : path.ends) {
            if (first == edge.start && end == edge.end)
                return true;
            first = end;
        }
        return false;
    }

    /// Whether an edge is the one the best path takes: of parallel ones the heaviest, among equals the first.
    bool isBest(const LineLattice &lattice, const LatticeEdge &edge)
    {
        if (lattice.paths.empty() || !onPath(lattice.paths.front(), edge))
            return false;
        for (const LatticeEdge &other : lattice.edges) {
            const bool parallel = other.start == edge.start && other.end == edge.end;
            if (parallel && (other.weight > edge.weight || (other.weight == edge.weight && &other < &edge)))
                return false;
        }
        return true;
    }

    Json edgeList(const LineLattice &lattice)
    {
        const WordAutomaton &automaton = lattice.automaton;
        Json list = Json::array();
        for (const LatticeEdge &edge : lattice.edges) {
            Json json{{"start", edge.start}, {"end", edge.end}, {"kind", edgeKindName(edge.kind)}, {"log2", edge.weight},
                {"word", textOf(lattice.text, edge.start, edge.end)}, {"best", isBest(lattice, edge)}};
            if (edge.kind == EdgeKind::Dictionary) {
                const uint32_t prefix = automaton.prefix(edge.node);
                int32_t length = 0; // of the prefix, read off the line
                for (uint32_t node = 0; prefix != 0 && node != prefix;)
                    node = automaton.trie().step(node, lattice.text.characters[static_cast<size_t>(edge.start + length++)]);
                json["node"] = edge.node;
                json["count"] = automaton.count(edge.node);
                json["prefix"] = textOf(lattice.text, edge.start, edge.start + length);
                json["prefixSum"] = automaton.sum(prefix);
                json["unigram"] = automaton.unigram(edge.node);
            }
            list.push_back(std::move(json));
        }
        return list;
    }

    Json pathList(const LineLattice &lattice)
    {
        Json list = Json::array();
        for (const LatticePath &path : lattice.paths) {
            Json words = Json::array();
            int32_t first = 0;
            for (const int32_t end : path.ends) {
                words.push_back({first, end});
                first = end;
            }
            list.push_back({{"score", path.score}, {"gap", lattice.paths.front().score - path.score}, {"words", std::move(words)}});
        }
        return list;
    }

    /// Label of an edge of the trie: a character, or a hexadecimal digit.
    std::string labelOf(const WordTrie &trie, uint32_t node)
    {
        const char32_t label = trie.node(node).label;
        if (trie.alphabet() == TrieAlphabet::CodePoint)
            return toUtf8(std::u32string_view(&label, 1));
        return std::string(1, "0123456789abcdef"[label]);
    }

    /// Nodes below `node` without the stand-ins for other words, which no line has.
    void addNodes(const WordAutomaton &automaton, uint32_t node, int64_t parent, int depth, Json &list)
    {
        const WordTrie &trie = automaton.trie();
        const bool stands = depth > 0 && trie.alphabet() == TrieAlphabet::CodePoint && trie.node(node).label == kOtherWords;
        if (stands)
            return;
        list.push_back({{"id", node}, {"parent", parent < 0 ? Json() : Json(parent)}, {"label", depth == 0 ? "" : labelOf(trie, node)},
            {"depth", depth}, {"count", automaton.count(node)}, {"sum", automaton.sum(node)}, {"pre", automaton.prefix(node)},
            {"fail", automaton.fail(node)}, {"word", automaton.count(node) > 0}});
        for (uint32_t child = trie.firstChild(node); child < trie.endChild(node); ++child)
            addNodes(automaton, child, node, depth + 1, list);
    }

    /// Half bytes: a stand-in is four bytes deep, so its branch goes where no other word lies below.
    Json withoutStandIns(const WordAutomaton &automaton, Json list)
    {
        const WordTrie &trie = automaton.trie();
        if (trie.alphabet() == TrieAlphabet::CodePoint)
            return list;
        std::map<uint32_t, uint32_t> parents;
        std::set<uint32_t> standIns, kept{0};
        for (const Json &node : list) {
            const auto id = node.at("id").get<uint32_t>();
            parents[id] = node.at("parent").is_null() ? 0 : node.at("parent").get<uint32_t>();
            if (const uint32_t end = trie.step(id, kOtherWords); end != WordTrie::kNone)
                standIns.insert(end);
        }
        for (const Json &node : list) {
            auto id = node.at("id").get<uint32_t>();
            if (!node.at("word").get<bool>() || standIns.contains(id))
                continue;
            for (; kept.insert(id).second; id = parents.at(id)) { }
        }
        Json result = Json::array();
        for (Json &node : list) {
            if (kept.contains(node.at("id").get<uint32_t>()))
                result.push_back(std::move(node));
        }
        return result;
    }

    Json stepList(const LineLattice &lattice)
    {
        Json list = Json::array();
        for (size_t piece = 0; piece < lattice.text.pieceEnds.size(); ++piece) {
            uint32_t state = 0;
            for (const char32_t character : lattice.text.piece(piece)) {
                state = lattice.automaton.advance(state, character);
                list.push_back({{"character", toUtf8(std::u32string_view(&character, 1))}, {"state", state},
                    {"borders", lattice.automaton.borders(state)}});
            }
        }
        return list;
    }

    Result<WordEdits> readEdits(const Json &request)
    {
        WordEdits edits;
        const Json &given = childField(request, "edits");
        if (given.is_null())
            return edits;
        if (!given.is_object())
            return fail(ErrorCode::BadInput, "edits: expected an object of word: count");
        for (const auto &[word, count] : given.items()) {
            constexpr int64_t kMostCount = int64_t{1} << 50;
            if (!count.is_number_integer() || count.get<int64_t>() < 0 || count.get<int64_t>() > kMostCount
                || firstInvalidUtf8(word) < word.size())
                return fail(ErrorCode::BadInput, "edits: the count of \"" + validUtf8(word) + "\" is no whole number from 0 to 2^50");
            edits[toCharacters(word)] = count.get<uint64_t>();
        }
        return edits;
    }

    /// The segmenter that the request names by the id of a run, or learns from its fields.
    Result<LearnedSegmenter> segmenterOf(EngineState &state, const Json &request, const std::string &line, const RunContext &context)
    {
        if (const std::string id = stringField(request, "segmenter"); !id.empty()) {
            if (const LearnedSegmenter *known = state.segmenters.find(id))
                return *known;
            return fail(ErrorCode::NotFound, "the engine no longer has the segmenter " + id, "run the method again");
        }
        auto method = segmentMethod(request, request);
        if (!method)
            return fail(method.error());
        Json whole = request;
        if (!whole.contains("lines") && !whole.contains("gold") && !whole.contains("dataset"))
            whole["lines"] = Json{line};
        auto read = segmentRequest(whole, context);
        if (!read)
            return fail(read.error());
        if (!request.contains("lines") && !read->teacher.empty())
            return fail(ErrorCode::BadInput, "the simulated teacher needs the lines of the run", "name the segmenter of the run");
        return learnSegmenter(state, *read, *method, context);
    }

    Json explanations(const LearnedSegmenter &learned, const CutText &text)
    {
        std::vector<int32_t> ends;
        learned.model->cutter()->cut(text, ends);
        Json words = Json::array();
        int32_t first = 0;
        for (const int32_t end : ends) {
            words.push_back({{"first", first}, {"end", end}, {"word", textOf(text, first, end)},
                {"value", learned.model->explain(text, first, end)}});
            first = end;
        }
        return words;
    }

} // namespace

Result<Document> answerLattice(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    auto line = requestText(request, "line", "");
    auto edits = readEdits(request);
    if (!line)
        return fail(line.error());
    if (!edits)
        return fail(edits.error());
    if (firstInvalidUtf8(*line) < line->size())
        return fail(ErrorCode::BadInput, "line: the text is not UTF-8");
    auto learned = segmenterOf(state, request, *line, context);
    if (!learned)
        return fail(learned.error());
    const auto began = std::chrono::steady_clock::now();
    LineLattice lattice;
    lattice.text = cutText(*line, learned->whiteSpace);
    Json characters = Json::array(), origin = Json::array();
    for (size_t i = 0; i < lattice.text.size(); ++i) {
        characters.push_back(toUtf8(std::u32string_view(lattice.text.characters).substr(i, 1)));
        origin.push_back(lattice.text.originOf(i));
    }
    Json body{{"method", learned->method}, {"segmenter", learned->id}, {"characters", std::move(characters)}, {"origin", std::move(origin)},
        {"pieceEnds", lattice.text.pieceEnds}, {"words", explanations(*learned, lattice.text)}, {"edges", Json::array()},
        {"kbest", Json::array()}, {"nodes", Json::array()}, {"steps", Json::array()}};
    if (const WordAutomaton *whole = learned->model->automaton()) {
        lattice.automaton = WordAutomaton(lineDictionary(lattice.text, *whole, *edits), whole->trie().alphabet(), whole->rule());
        lattice.edges = latticeEdges(lattice.text, lattice.automaton, learned->model->patterns());
        const auto k = requestInteger(request, "k", integerField(learned->parameters, "kBest", 5), 1, 50);
        if (!k)
            return fail(k.error());
        lattice.paths = bestPaths(static_cast<int32_t>(lattice.text.size()), lattice.edges, static_cast<size_t>(*k));
        Json nodes = Json::array();
        addNodes(lattice.automaton, 0, -1, 0, nodes);
        body["edges"] = edgeList(lattice);
        body["kbest"] = pathList(lattice);
        body["nodes"] = withoutStandIns(lattice.automaton, std::move(nodes));
        body["steps"] = stepList(lattice);
        body["total"] = lattice.automaton.total();
        body["rootSum"] = lattice.automaton.rootSum();
        body["rootLog2"] = lattice.automaton.rootLog();
        body["unknownPrice"] = lattice.automaton.unknownPrice();
        body["alphabet"] = learned->parameters.value("alphabet", "codePoint");
    }
    body["ms"] = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
    return Document{std::move(body), {}};
}

} // namespace winnow
