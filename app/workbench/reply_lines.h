#pragma once

#include "views/word_data.h"

#include <QString>

#include <vector>

namespace winnow {

/// A reply beside its line: which of its words are words of the line (llaca.md 3.2), what is counted, how much was made up.
TeacherLine alignedReply(int number, const QString &line, const QString &reply);

/// Replies of a file of JSON lines {"line", "reply"}; lines that are none are left out and counted.
struct ReplyFile {
    std::vector<std::pair<int, QString>> replies;
    int unread = 0;
};
/// @error Io when the file cannot be read.
Result<ReplyFile> readReplyFile(const QString &path);

} // namespace winnow
