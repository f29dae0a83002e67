#pragma once

#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace winnow {

/// Bytes bound without a copy; they must live until the statement ran.
struct Blob {
    std::span<const std::byte> bytes;
    explicit Blob(std::span<const std::byte> data)
        : bytes(data)
    {
    }
    explicit Blob(std::string_view text)
        : bytes(std::as_bytes(std::span(text.data(), text.size())))
    {
    }
};

/// A row id that may be missing: 0 in the records, NULL in the columns.
struct Reference {
    int64_t id = 0;
};

inline void bindValue(SQLite::Statement &statement, int index, int64_t value)
{
    statement.bind(index, value);
}
inline void bindValue(SQLite::Statement &statement, int index, const std::string &value)
{
    statement.bind(index, value);
}
inline void bindValue(SQLite::Statement &statement, int index, Reference value)
{
    if (value.id > 0)
        statement.bind(index, value.id);
    else
        statement.bind(index);
}
inline void bindValue(SQLite::Statement &statement, int index, const Blob &value)
{
    if (value.bytes.size() > 1000000000)
        throw SQLite::Exception("value too long", SQLITE_TOOBIG);
    // A null pointer would bind NULL; an empty blob is a value.
    statement.bindNoCopy(index,
        value.bytes.empty() ? static_cast<const void *>("") : value.bytes.data(),
        static_cast<int>(value.bytes.size()));
}

/// Binds the values to ?1, ?2, ... in order.
template <typename... Values> void bindAll(SQLite::Statement &statement, const Values &...values)
{
    int index = 0;
    (bindValue(statement, ++index, values), ...);
}

/// Bytes of a column that is being read; valid until the next step.
inline std::span<const std::byte> columnBytes(SQLite::Statement &statement, int index)
{
    const SQLite::Column column = statement.getColumn(index);
    const void *data = column.getBlob();
    return { static_cast<const std::byte *>(data),
        data ? static_cast<size_t>(column.getBytes()) : 0 };
}

} // namespace winnow
