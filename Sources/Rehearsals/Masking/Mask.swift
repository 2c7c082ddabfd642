internal import Crypto
internal import Foundation
public import Kernel

/// Makes documents nobody's: who and where somebody is becomes a pseudonym that is the same wherever the same value stands.
///
/// The key lives as long as the copy is being made and is then forgotten, so that nothing leads back. What is masked goes by the names of fields
/// (in English and Chinese), by the values' form (mobile numbers and mail addresses within any text), by who the users are, and by what is declared.
public struct Mask: Sendable {
    private let key = SymmetricKey(size: .bits256)
    private let users: Set<String>
    private let declared: Set<String>

    /// - Parameters:
    ///   - users: The openids of the environment's users, which are masked wherever they stand.
    ///   - declared: Names of further fields, or `collection.field`, at any depth.
    public init(users: Set<String>, declared: [String]) { (self.users, self.declared) = (users, Set(declared)) }

    /// A document of a collection, masked.
    public func masked(_ document: JSONObject, in collection: String) -> JSONObject { masked(document, collection, all: false) }

    /// The pseudonym of an openid.
    public func user(_ openid: String) -> String { openid.isEmpty ? openid : "masked-" + letters(openid, 20) }

    private func masked(_ object: JSONObject, _ collection: String, all: Bool) -> JSONObject {
        // "name" is a person's where a number or an address stands beside it, and a dish's otherwise.
        let isPerson = all || object.keys.contains { [.phone, .address].contains(FieldKind(of: $0)) }
        var masked = JSONObject()
        masked.reserveCapacity(object.count)
        for (name, value) in object { masked.append(name, self.masked(value, named: name, collection, all: all, isPerson: isPerson)) }
        return masked
    }

    private func masked(_ value: JSON, named name: String, _ collection: String, all: Bool, isPerson: Bool) -> JSON {
        let kind =
            declared.contains(name) || declared.contains("\(collection).\(name)")
            ? .declared : FieldKind(of: name) ?? (isPerson && FieldKind.isName(name) ? .name : all ? .address : nil)
        switch value {
        case .string(let text): return .string(masked(text, kind))
        case .int(let number): return kind == .phone || kind == .number || kind == .declared ? .int(Int64(digits(String(number))) ?? 0) : value
        case .double: return kind == .declared ? .double(0) : value
        case .array(let elements): return .array(elements.map { masked($0, named: name, collection, all: all, isPerson: isPerson) })
        case .object(let members): return .object(masked(members, collection, all: all || kind == .address || kind == .declared))
        case .binary: return kind == nil ? value : .null
        default: return value
        }
    }

    private func masked(_ text: String, _ kind: FieldKind?) -> String {
        if users.contains(text) { return user(text) }
        return switch kind {
        case .user: user(text)
        case .phone, .number: text.isEmpty ? text : digits(text)
        case .name: text.isEmpty ? text : String(Self.familyNames[Int(bytes(text)[0]) % Self.familyNames.count]) + "*"
        case .mail: text.isEmpty ? text : letters(text, 12) + "@example.invalid"
        case .address: text.isEmpty ? text : "地址-" + letters(text, 8)
        case .secret, .declared: text.isEmpty ? text : "masked-" + letters(text, 12)
        case nil: PersonalText.masked(text) { personal in personal.contains("@") ? letters(personal, 12) + "@example.invalid" : digits(personal) }
        }
    }

    private static let familyNames = Array("王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗")

    /// Other digits in the same places; the first one stays, since what reads the number may look at it.
    private func digits(_ text: String) -> String {
        let pseudonym = bytes(text)
        var place = 0
        return String(
            text.map { character in
                guard character.isASCII, character.isNumber else { return character }
                defer { place += 1 }
                return place == 0 ? character : Character(String(pseudonym[place % pseudonym.count] % 10))
            })
    }

    private func letters(_ text: String, _ count: Int) -> String {
        let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")
        return String(bytes(text).prefix(count).map { alphabet[Int($0) % alphabet.count] })
    }

    private func bytes(_ text: String) -> [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)) }
}

/// What a field says of a person, by its name.
enum FieldKind: Hashable {
    case user, phone, name, mail, address, number, secret, declared

    private static let kinds: [(FieldKind, [String])] = [
        (.user, ["openid", "unionid", "userid", "alipayuserid", "buyerid"]),
        (.phone, ["phone", "mobile", "telephone", "tel", "phonenumber", "mobilephone", "contactphone", "cellphone", "手机", "手机号", "电话"]),
        (
            .name,
            [
                "realname", "username", "nickname", "fullname", "firstname", "lastname", "receiver", "receivername", "consignee", "contact", "contactname",
                "姓名", "昵称", "收货人", "联系人",
            ]
        ),
        (.mail, ["email", "mail", "emailaddress", "邮箱"]),
        (.address, ["address", "addr", "detailaddress", "addressdetail", "street", "homeaddress", "地址", "详细地址", "收货地址"]),
        (.number, ["idcard", "idnumber", "idcardno", "idno", "bankcard", "cardno", "passport", "身份证", "身份证号", "银行卡"]),
        (.secret, ["password", "passwd", "token", "accesstoken", "refreshtoken", "secret", "sessionkey"]),
    ]
    private static let byName: [String: FieldKind] = Dictionary(
        kinds.flatMap { kind, names in names.map { ($0, kind) } }, uniquingKeysWith: { first, _ in first })

    /// Nil for a field that says nothing of a person.
    init?(of name: String) {
        guard let kind = Self.byName[Self.plain(name)] else { return nil }
        self = kind
    }

    /// Whether it is only called a name.
    static func isName(_ name: String) -> Bool { plain(name) == "name" }

    /// `_openid`, `openId` and `open_id` are one name.
    private static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" && $0 != "-" } }
}

/// Mobile numbers and mail addresses that stand within other text.
enum PersonalText {
    /// The text with each of them replaced.
    static func masked(_ text: String, _ replace: (String) -> String) -> String {
        // Most texts have neither, which their bytes tell at once.
        let hasAt = text.utf8.contains(UInt8(ascii: "@"))
        guard hasAt || digitsInARow(text) >= 11 else { return text }
        var out = ""
        var run = ""
        for character in text {
            let isPart = character.isASCII && (character.isLetter || character.isNumber || "@._%+-".contains(character))
            if isPart {
                run.append(character)
            } else {
                out += replaced(run, replace)
                out.append(character)
                run = ""
            }
        }
        return out + replaced(run, replace)
    }

    private static func replaced(_ run: String, _ replace: (String) -> String) -> String {
        if run.contains("@"), let at = run.firstIndex(of: "@"), at != run.startIndex, run[at...].contains(".") { return replace(run) }
        guard digitsInARow(run) >= 11 else { return run }
        var out = ""
        var digits = ""
        func flush() {
            out += isMobile(digits) ? replace(digits) : digits
            digits = ""
        }
        for character in run {
            if character.isNumber {
                digits.append(character)
            } else {
                flush()
                out.append(character)
            }
        }
        flush()
        return out
    }

    /// A mobile number in China: eleven digits from 13 to 19, with or without 86 before them.
    private static func isMobile(_ digits: String) -> Bool {
        let own = digits.count == 13 && digits.hasPrefix("86") ? String(digits.dropFirst(2)) : digits
        return own.count == 11 && own.hasPrefix("1") && "3456789".contains(own[own.index(after: own.startIndex)])
    }

    private static func digitsInARow(_ text: String) -> Int {
        var (most, row) = (0, 0)
        for byte in text.utf8 {
            row = (48...57).contains(byte) ? row + 1 : 0
            most = max(most, row)
        }
        return most
    }
}
