internal import Crypto
public import Foundation
internal import HTTPSupport
public import Kernel
public import NIOCore
internal import Storage
internal import Synchronization
public import Tenancy

/// File storage of an environment: upload, download, temporary addresses, removal.
public final class Files: Sendable {
    static let listMax = 50
    private static let defaultAgeSeconds: Int64 = 3600
    private static let ageSecondsMax: Int64 = 7 * 86_400

    private struct Stores {
        var open: [EnvironmentID: FileStore] = [:]
        var order: [EnvironmentID] = []
    }

    private let stores = Mutex(Stores())
    private let folder: @Sendable (EnvironmentID) throws -> URL
    private let publicURL: @Sendable () -> String
    private let key: SymmetricKey
    private let quotas: any QuotaSource
    let limits: Limits
    private let clock: WallClock

    /// Makes the room.
    /// - Parameters:
    ///   - folder: an environment's folder, which exists.
    ///   - publicURL: where clients reach this server, without a slash at the end.
    public init(
        sealer: Sealer, limits: Limits, quotas: any QuotaSource = NoQuotas(), clock: WallClock, publicURL: @escaping @Sendable () -> String,
        folder: @escaping @Sendable (EnvironmentID) throws -> URL
    ) {
        self.quotas = quotas
        key = sealer.derive("file-urls")
        self.limits = limits
        self.clock = clock
        self.publicURL = publicURL
        self.folder = folder
    }

    // MARK: What can be done

    /// Stores a file whole.
    public func upload(_ cloudPath: String, _ bytes: ByteBuffer, _ context: CallContext) async throws -> JSON {
        let upload = try begin(cloudPath, context)
        try await upload.write(ArraySlice(bytes.readableBytesView))
        return try await upload.finish()
    }

    /// The bytes of a file.
    public func download(_ fileID: String, _ context: CallContext) async throws -> ByteBuffer {
        let path = try path(of: fileID, context.environment)
        let store = try store(context.environment)
        guard let entry = try store.find(path) else { throw SampanError.noFile(fileID) }
        guard entry.size <= limits.answerBytesMax else { throw SampanError.tooLarge(limits.answerBytesMax) }
        let url = store.url(of: entry.object)
        return try await offEventLoop { ByteBuffer(bytes: try Data(contentsOf: url)) }
    }

    /// Removes files: `{"fileList":[…]}`.
    public func delete(_ request: JSONObject, _ context: CallContext) async throws -> JSON {
        var results: [JSON] = []
        for fileID in try fileList(request).map({ try $0.stringValue ?? { throw SampanError.badMember("fileList", Localized("file ids", zh: "文件 id")) }() }) {
            let caller = context.caller
            do {
                let isRemoved = try await store(context.environment).remove(path(of: fileID, context.environment)) { caller.mayChange(fileOf: $0) }
                results.append(Self.result(fileID, isRemoved ? 0 : 1, isRemoved ? "ok" : "file does not exist"))
            } catch let error as SampanError {
                results.append(Self.result(fileID, 2, error.detail[context.language]))
            }
        }
        return ["fileList": .array(results)]
    }

    /// Temporary addresses: `{"fileList":["cloud://…", {"fileID","maxAge"}]}`.
    public func urls(_ request: JSONObject, _ context: CallContext) throws -> JSON {
        ["fileList": .array(try fileList(request).map { try temporaryURL($0, context) })]
    }

    /// Files whose path begins with `prefix`, in order.
    public func list(_ environment: EnvironmentID, prefix: String, after: String, max: Int) throws -> [JSON] {
        try store(environment).list(prefix: prefix, after: after, max: max).map { Self.shown($0, environment) }
    }

    /// Removes one file by path.
    public func remove(_ path: String, _ environment: EnvironmentID) async throws {
        guard try await store(environment).remove(path, mayRemove: { _ in true }) else { throw SampanError.noFile(path) }
        AuditNote.changed("file \(path)")
    }

    /// Closes an environment's files, before its folder is removed.
    public func close(_ environment: EnvironmentID) throws {
        try stores.withLock { stores in
            stores.order.removeAll { $0 == environment }
            return stores.open.removeValue(forKey: environment)
        }?.database.close()
    }

    // MARK: Uploading and serving

    /// Begins an upload whose bytes arrive piece by piece.
    public func begin(_ cloudPath: String, _ context: CallContext) throws -> Upload {
        let path = try Self.checked(cloudPath)
        return try Upload(path: path, store: store(context.environment), context: context, bytesMax: limits.fileBytesMax, now: clock.now())
    }

    /// The file behind a signed address.
    /// - Throws: 403 when the signature does not fit or has expired.
    func open(_ path: String, expires: Int64, signature: String, _ environment: EnvironmentID) throws -> (url: URL, entry: FileStore.Entry) {
        // Written in the one way in which this server writes it: the last character of base64 has bits that decoding ignores.
        guard let sent = Data(base64Encoded: Self.standardBase64(signature)), Self.urlBase64(sent) == signature,
            HMAC<SHA256>.isValidAuthenticationCode(sent, authenticating: Self.signed(environment, path, expires), using: key)
        else {
            throw SampanError.forbidden(
                "URL_INVALID", Localized("The address is not one that this server signed.", zh: "该地址并非本服务器签发。"),
                remedy: Localized("Ask for a new one with getTempFileURL.", zh: "请用 getTempFileURL 重新获取。"))
        }
        guard expires > clock.now() / 1000 else {
            throw SampanError.forbidden(
                "URL_EXPIRED", Localized("The address has expired.", zh: "该地址已过期。"),
                remedy: Localized("Ask for a new one with getTempFileURL.", zh: "请用 getTempFileURL 重新获取。"))
        }
        let store = try store(environment)
        guard let entry = try store.find(path) else { throw SampanError.noFile(path) }
        return (store.url(of: entry.object), entry)
    }

    private func temporaryURL(_ item: JSON, _ context: CallContext) throws -> JSON {
        guard let fileID = item.stringValue ?? item["fileID"]?.stringValue else {
            throw SampanError.badMember("fileList", Localized("file ids", zh: "文件 id"))
        }
        let age = min(max(1, item["maxAge"]?.intValue ?? Self.defaultAgeSeconds), Self.ageSecondsMax)
        guard let path = try? path(of: fileID, context.environment), try store(context.environment).find(path) != nil else {
            var missing = Self.result(fileID, 1, "file does not exist").objectValue ?? [:]
            missing["tempFileURL"] = ""
            missing["maxAge"] = .int(age)
            return .object(missing)
        }
        let expires = clock.now() / 1000 + age
        let signature = Self.urlBase64(Data(HMAC<SHA256>.authenticationCode(for: Self.signed(context.environment, path, expires), using: key)))
        let escaped = path.addingPercentEncoding(withAllowedCharacters: Self.pathCharacters) ?? path
        let url = "\(publicURL())/files/\(context.environment)/\(escaped)?e=\(expires)&s=\(signature)"
        return ["fileID": .string(fileID), "tempFileURL": .string(url), "maxAge": .int(age), "status": 0, "errMsg": "ok"]
    }

    private static let pathCharacters = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")

    private static func signed(_ environment: EnvironmentID, _ path: String, _ expires: Int64) -> Data {
        Data("\(environment)\n\(expires)\n\(path)".utf8)
    }

    private static func urlBase64(_ data: Data) -> String {
        data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    private static func standardBase64(_ text: String) -> String {
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        return standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
    }

    private func fileList(_ request: JSONObject) throws -> [JSON] {
        guard let list = try request.optionalList("fileList"), list.count <= Self.listMax else {
            throw SampanError.badMember("fileList", Localized("a list of at most \(Self.listMax)", zh: "至多 \(Self.listMax) 项的数组"))
        }
        return list
    }

    private static func result(_ fileID: String, _ status: Int64, _ message: String) -> JSON {
        ["fileID": .string(fileID), "status": .int(status), "errMsg": .string(message)]
    }

    static func fileID(_ environment: EnvironmentID, _ path: String) -> String { "cloud://\(environment)/\(path)" }

    /// The path in a `cloud://` id of this environment.
    ///
    /// WeChat writes `cloud://env.bucket/path`; what follows the dot is left out.
    private func path(of fileID: String, _ environment: EnvironmentID) throws -> String {
        guard fileID.hasPrefix("cloud://"), let slash = fileID.dropFirst(8).firstIndex(of: "/") else { throw SampanError.noFile(fileID) }
        let host = fileID[fileID.index(fileID.startIndex, offsetBy: 8)..<slash].split(separator: ".").first ?? ""
        guard host == environment.text else { throw SampanError.noFile(fileID) }
        return String(fileID[fileID.index(after: slash)...])
    }

    /// Rules of both platforms: no leading slash, no empty part, at most 1024 characters and 255 a level.
    private static func checked(_ path: String) throws -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isFine =
            (1...1024).contains(path.count) && parts.allSatisfy { !$0.isEmpty && $0.count <= 255 && $0 != "." && $0 != ".." }
            && path.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && $0 != "\\" }
        guard isFine else {
            throw SampanError.badMember(
                "cloudPath", Localized("1 to 1024 characters, no leading /, no // and no ..", zh: " 1 到 1024 个字符,不以 / 开头,不含 // 与 .."))
        }
        return path
    }

    func store(_ environment: EnvironmentID) throws -> FileStore {
        try stores.withLock { stores in
            if let open = stores.open[environment] { return open }
            let store = try FileStore(folder: folder(environment)) { [quotas] in quotas.quotas(of: environment) }
            stores.open[environment] = store
            stores.order.append(environment)
            if stores.order.count > limits.openDatabasesMax { stores.open[stores.order.removeFirst()] = nil }
            return store
        }
    }
}

extension Caller {
    /// Whether a file of `owner` may be replaced or removed.
    func mayChange(fileOf owner: String) -> Bool {
        if case .user(let user) = self { owner == user.openid } else { true }
    }
}

extension SampanError {
    static func noFile(_ fileID: String) -> SampanError {
        notFound(
            "FILE_NOT_FOUND", Localized("There is no file \(fileID.prefix(200)).", zh: "文件 \(fileID.prefix(200)) 不存在。"),
            remedy: Localized("Check the file id.", zh: "请检查文件 id。"))
    }
}
