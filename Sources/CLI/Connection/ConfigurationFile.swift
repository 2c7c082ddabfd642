import Foundation
import Kernel
import Yams

/// Reads the configuration files of projects: JSON as the platforms' tools accept it (comments allowed), and YAML.
enum ConfigurationFile {
    /// No configuration is longer than this; a longer file is something else.
    static let bytesMax = 4 << 20

    static func json(at file: URL) throws -> JSON {
        let bytes = try contents(of: file)
        do {
            return try JSON(parsing: withoutComments(bytes))
        } catch {
            let line = bytes.prefix(error.offset).count { $0 == UInt8(ascii: "\n") } + 1
            throw CLIError(
                Localized("\(file.path), line \(line): \(error.message).", zh: "\(file.path) 第 \(line) 行不是合法的 JSON：\(error.message)。"),
                remedy: Localized("Correct the file.", zh: "请改正该文件。"))
        }
    }

    static func yaml(at file: URL) throws -> JSON {
        let text = String(decoding: try contents(of: file), as: UTF8.self)
        do {
            return JSON(yaml: try Yams.load(yaml: text))
        } catch {
            throw CLIError(
                Localized("\(file.path) is not valid YAML: \(error)", zh: "\(file.path) 不是合法的 YAML：\(error)"),
                remedy: Localized("Correct the file.", zh: "请改正该文件。"))
        }
    }

    private static func contents(of file: URL) throws -> [UInt8] {
        do {
            let data = try Data(contentsOf: file)
            guard data.count <= bytesMax else {
                throw CLIError(Localized("\(file.path) is too large for a configuration file.", zh: "\(file.path) 过大，不像配置文件。"))
            }
            // Some editors on Windows put a byte order mark first.
            return [UInt8](data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data)
        } catch let error as CLIError {
            throw error
        } catch {
            throw CLIError(
                Localized("Cannot read \(file.path): \(error.localizedDescription)", zh: "无法读取 \(file.path)：\(error.localizedDescription)"))
        }
    }

    /// Replaces comments by blanks, so that places in the file stay what they are.
    static func withoutComments(_ bytes: [UInt8]) -> [UInt8] {
        var out = bytes
        var place = 0
        while place < out.count {
            switch (out[place], place + 1 < out.count ? out[place + 1] : 0) {
            case (UInt8(ascii: "\""), _): place = endOfString(out, from: place)
            case (UInt8(ascii: "/"), UInt8(ascii: "/")):
                while place < out.count, out[place] != UInt8(ascii: "\n") { blank(&out, at: &place) }
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                let end = endOfBlockComment(out, from: place)
                while place < end { blank(&out, at: &place) }
            default: place += 1
            }
        }
        return out
    }

    private static func blank(_ bytes: inout [UInt8], at place: inout Int) {
        if bytes[place] != UInt8(ascii: "\n") { bytes[place] = UInt8(ascii: " ") }
        place += 1
    }

    private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
        var place = start + 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") { place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1 }
        return place + 1
    }

    private static func endOfBlockComment(_ bytes: [UInt8], from start: Int) -> Int {
        var place = start + 2
        while place + 1 < bytes.count, !(bytes[place] == UInt8(ascii: "*") && bytes[place + 1] == UInt8(ascii: "/")) { place += 1 }
        return min(place + 2, bytes.count)
    }
}

extension JSON {
    /// What a YAML parser made of a file.
    fileprivate init(yaml value: Any?) {
        switch value {
        case let flag as Bool: self = .bool(flag)
        case let number as Int: self = .int(Int64(number))
        case let number as Double: self = .double(number)
        case let text as String: self = .string(text)
        case let list as [Any]: self = .array(list.map { JSON(yaml: $0) })
        case let map as [AnyHashable: Any]:
            let members = map.map { (String(describing: $0.key.base), JSON(yaml: $0.value)) }
            self = .object(JSONObject(members.sorted { $0.0 < $1.0 }))
        default: self = .null
        }
    }
}
