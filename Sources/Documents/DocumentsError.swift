public import HTTPSupport
public import Kernel

extension QueryError: SampanErrorConvertible {
    /// 400 with the evaluator's message.
    public var sampanError: SampanError {
        SampanError.badRequest(
            code.rawValue, Localized(message, zh: messageZh),
            remedy: Localized("See docs/api/wire.md for what may be written here.", zh: "可用的写法见 docs/api/wire.md。"))
    }
}

extension SampanError {
    static func noCollection(_ name: String) -> SampanError {
        notFound(
            "COLLECTION_NOT_FOUND", Localized("There is no collection \"\(name)\".", zh: "集合 “\(name)” 不存在。"),
            remedy: Localized("Create it with `sampan db create \(name)` or on the console.", zh: "请用 `sampan db create \(name)` 或在控制台创建。"))
    }

    var isNoCollection: Bool { code == "COLLECTION_NOT_FOUND" }

    static func noDocument(_ id: String) -> SampanError {
        notFound(
            "DOCUMENT_NOT_FOUND",
            Localized("There is no document with _id \"\(id.prefix(100))\" that you may read.", zh: "不存在可读取的文档,_id 为 “\(id.prefix(100))”。"),
            remedy: Localized("Check the _id, and the collection's permission.", zh: "请检查 _id 以及集合权限。"))
    }

    static func permissionDenied(_ collection: String, _ permission: Permission) -> SampanError {
        forbidden(
            Localized(
                "The permission \(permission.rawValue) of \"\(collection)\" does not allow this.", zh: "集合 “\(collection)” 的权限 \(permission.rawValue) 不允许此操作。"),
            remedy: Localized("Do it in a cloud function, or change the collection's permission.", zh: "请在云函数中操作,或修改集合权限。"))
    }

    static func duplicate(_ what: String, _ zh: String) -> SampanError {
        SampanError(
            "DUPLICATE_KEY", status: 409, Localized("A document with the same \(what) exists.", zh: "已存在相同\(zh)的文档。"),
            remedy: Localized("Use another value, or update that document.", zh: "请换用其他值,或更新该文档。"))
    }

    static func tooLargeDocument(_ limit: Int) -> SampanError {
        SampanError(
            "DOCUMENT_TOO_LARGE", status: 413, Localized("A document may have at most \(limit) bytes here.", zh: "此处单个文档至多 \(limit) 字节。"),
            remedy: Localized("Split it, or store large content as a file.", zh: "请拆分文档,或将大内容存为文件。"))
    }

    static let transactionConflict = SampanError(
        "TRANSACTION_CONFLICT", status: 409, Localized("Another transaction holds or has changed a document of this one.", zh: "其他事务占用或修改了本事务中的文档。"),
        remedy: Localized("Run the whole transaction again; runTransaction does so by itself.", zh: "请重新执行整个事务;runTransaction 会自动重试。"), retryAfter: 1)

    static let noTransaction = SampanError.notFound(
        "TRANSACTION_NOT_FOUND",
        Localized("The transaction has ended: committed, rolled back, timed out, or its function returned.", zh: "事务已结束:已提交、已回滚、已超时或函数已返回。"),
        remedy: Localized("Begin a new one; a transaction may take 10 seconds.", zh: "请重新开始事务;事务最长 10 秒。"))

    static let queryTooSlow = SampanError(
        "QUERY_TOO_SLOW", status: 422, Localized("The query read too many documents.", zh: "查询扫描的文档过多。"),
        remedy: Localized("Add an index for its fields, or narrow it.", zh: "请为查询字段建立索引,或缩小范围。"))

    static func limitExceeded(_ what: Localized) -> SampanError {
        SampanError("LIMIT_EXCEEDED", status: 422, what, remedy: Localized("Delete what is not needed, or split it.", zh: "请清理不需要的内容,或进行拆分。"))
    }

    static let databaseAway = SampanError(
        "DATABASE_AWAY", status: 503,
        Localized("The database did not answer; whether a write was carried out is not known.", zh: "数据库没有响应;写入是否完成无法确定。"),
        remedy: Localized("Try again after a moment, a write with its idempotency key.", zh: "请稍后重试;写入请使用相同的幂等键。"), retryAfter: 1)

    static let writesWaiting = SampanError(
        "DATABASE_BUSY", status: 503, Localized("Too many writes are waiting.", zh: "等待写入的请求过多。"),
        remedy: Localized("Try again after a moment.", zh: "请稍后重试。"), retryAfter: 1)

    static let transactionsWaiting = SampanError(
        "DATABASE_BUSY", status: 503, Localized("Too many transactions look at the database.", zh: "正在查询数据库的事务过多。"),
        remedy: Localized("Try again after a moment.", zh: "请稍后重试。"), retryAfter: 1)
}
