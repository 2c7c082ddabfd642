/// Why a text is not the JSON that Sampan accepts.
public struct JSONError: Error, Sendable, Equatable {
    /// What is wrong.
    public enum Reason: Sendable, Hashable {
        case empty, textFollows, valueMissing, noValue, unknownWord
        case keyExpected, keyRepeated(String), colonExpected, commaExpected, tooDeep(Int)
        case digitExpected, leadingZero, numberTooLarge
        case controlCharacter, stringOpen, invalidUTF8, unknownEscape, hexadecimalExpected, loneSurrogate
    }

    /// What is wrong.
    public var reason: Reason
    /// Where, in bytes from the start.
    public var offset: Int

    /// Makes an error for the byte at `offset`.
    public init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// What is wrong and where, to stand inside a sentence.
    public var message: Localized {
        Localized("\(reason.text.en) (at byte \(offset))", zh: "\(reason.text.zh)（第 \(offset) 字节）")
    }
}

extension JSONError.Reason {
    /// The reason alone, to stand inside a sentence.
    var text: Localized {
        switch self {
        case .empty: Localized("the text is empty", zh: "内容为空")
        case .textFollows: Localized("something follows the value", zh: "值之后还有多余内容")
        case .valueMissing: Localized("the text ends where a value should be", zh: "应有值处内容已结束")
        case .noValue: Localized("a value cannot start like this", zh: "此处不是合法的值")
        case .unknownWord: Localized("only true, false and null are words", zh: "裸词只能是 true、false 或 null")
        case .keyExpected: Localized("a key in double quotes is expected", zh: "此处应为双引号括起的键")
        case .keyRepeated(let key): Localized("the key \"\(key)\" is repeated", zh: "键“\(key)”重复")
        case .colonExpected: Localized("a colon is expected after the key", zh: "键之后应为冒号")
        case .commaExpected: Localized("a comma or a closing bracket is expected", zh: "此处应为逗号或右括号")
        case .tooDeep(let limit): Localized("more than \(limit) containers are nested", zh: "嵌套超过 \(limit) 层")
        case .digitExpected: Localized("a digit is expected", zh: "此处应为数字")
        case .leadingZero: Localized("a number cannot start with a zero and another digit", zh: "数字不能以多余的 0 开头")
        case .numberTooLarge: Localized("the number is too large", zh: "数字过大")
        case .controlCharacter: Localized("a control character must be escaped", zh: "控制字符必须转义")
        case .stringOpen: Localized("the text ends inside a string", zh: "字符串没有结束")
        case .invalidUTF8: Localized("the text is not valid UTF-8", zh: "不是合法的 UTF-8")
        case .unknownEscape: Localized("there is no such escape", zh: "转义序列不存在")
        case .hexadecimalExpected: Localized("four hexadecimal digits are expected", zh: "此处应为四位十六进制数字")
        case .loneSurrogate: Localized("a surrogate stands alone", zh: "代理项没有成对出现")
        }
    }
}

extension JSONError: CustomStringConvertible {
    /// The English message, for logs.
    public var description: String { message.en }
}
