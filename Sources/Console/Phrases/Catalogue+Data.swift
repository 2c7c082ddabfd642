internal import Kernel

extension Catalogue {
    /// The list of collections.
    static let database: [String: Localized] = [
        "database": Localized("Database", zh: "数据库"),
        "collections": Localized("Collections", zh: "集合"),
        "documents": Localized("Documents", zh: "文档"),
        "permission": Localized("Permission", zh: "权限"),
        "indexes": Localized("Indexes", zh: "索引"),
        "noCollections": Localized("No collections yet", zh: "还没有集合"),
        "noCollectionsText": Localized(
            "A collection holds the documents of one kind: goods, orders. Functions can create them, and so can you:",
            zh: "集合用于存放同一类文档，例如商品、订单。可由云函数创建，也可以自己创建："),
        "newCollection": Localized("New collection", zh: "新建集合"),
    ]

    /// The indexes of a collection.
    static let indexKinds: [String: Localized] = [
        "indexKind": Localized("Kind", zh: "类型"),
        "orderedIndex": Localized("in order", zh: "普通"),
        "textIndex": Localized("words of texts", zh: "全文"),
        "geoIndex": Localized("places", zh: "地理位置"),
        "partialIndex": Localized("partial", zh: "部分"),
        "expiresAfter": Localized("removed after", zh: "到期删除"),
        "expiresSeconds": Localized("Remove after (s)", zh: "到期删除（秒）"),
        "isBuilding": Localized("being built", zh: "构建中"),
        "slowQuery": Localized("Slow for want of an index:", zh: "缺少索引导致的慢查询："),
        "slowQueryText": Localized("Time, documents looked at and found, how often:", zh: "耗时、扫描与命中文档数、次数："),
    ]

    /// Going back in time.
    static let past: [String: Localized] = [
        "past": Localized("History", zh: "历史"),
        "restoreAt": Localized("As it was at (UTC)", zh: "恢复到的时刻（UTC）"),
        "restoreAs": Localized("Into a new collection", zh: "恢复为新集合"),
        "restoreCollection": Localized("Restore", zh: "恢复"),
        "droppedCollections": Localized("Deleted collections", zh: "已删除的集合"),
        "droppedText": Localized("With rules, indexes and documents as they were when they were deleted.", zh: "包含删除时的权限、索引与文档。"),
        "droppedAt": Localized("Deleted", zh: "删除时间"),
        "keptUntil": Localized("Kept until", zh: "保留至"),
        "removeForGood": Localized("Remove for good", zh: "彻底删除"),
        "confirmRemoveDropped": Localized("Remove it for good? It cannot be brought back.", zh: "确定彻底删除？删除后无法恢复。"),
        "restoreAll": Localized("The whole database at a moment", zh: "整库恢复到某一时刻"),
        "restoreAllText": Localized(
            """
            Every collection is made what it was: documents are put back, collections that came later are deleted, deleted ones come back. All of \
            it happens or nothing, and it can be undone in the same way. Files, functions and users stay as they are; triggers are called for \
            each document.
            """,
            zh: "所有集合恢复到该时刻的内容：文档回退，之后新建的集合被删除，之后删除的集合被找回。要么全部完成，要么完全不变，并且可以用同样方式撤销。文件、云函数与用户不受影响；每个变更的文档都会触发数据库触发器。"),
        "restoreDatabase": Localized("Go back", zh: "恢复"),
        "confirmRestoreAll": Localized(
            "Make the whole database what it was at this moment? What has been written since is put aside.", zh: "确定将整个数据库恢复到该时刻？此后的写入将被撤回。"),
        "restoreAllHint": Localized("The history is kept for 14 days, unless the server is set otherwise.", zh: "历史保留 14 天，以服务器设置为准。"),
        "restoreHint": Localized(
            "The history is kept for 14 days, unless the server is set otherwise. This collection stays as it is.", zh: "历史保留 14 天，以服务器设置为准。本集合不受影响。"),
    ]

    /// The security rules of a collection.
    static let rules: [String: Localized] = [
        "ownRules": Localized("Own security rules", zh: "自定义安全规则"),
        "rules": Localized("Rules (JSON)", zh: "规则（JSON）"),
        "rulesHint": Localized(
            "read, create, update, delete or write: true, false, or a condition on auth, doc, request.data, now and get(). They hold when CUSTOM is chosen above.",
            zh: "read、create、update、delete 或 write 取 true、false，或由 auth、doc、request.data、now、get() 组成的条件。上方选择 CUSTOM 时生效。"),
        "tryRules": Localized("Try the rules that hold now", zh: "测试当前规则"),
        "tryRulesText": Localized(
            "See what a user may do with a document, and which part of the rule says so. Nothing is changed.", zh: "查看某个用户对文档有哪些权限，以及由规则的哪一部分决定。不会更改任何数据。"),
        "tryAction": Localized("Action", zh: "操作"),
        "try-read": Localized("read", zh: "读取"),
        "try-create": Localized("add", zh: "新增"),
        "try-update": Localized("change", zh: "修改"),
        "try-delete": Localized("remove", zh: "删除"),
        "tryUser": Localized("User (empty: not signed in)", zh: "用户（留空表示未登录）"),
        "tryDocument": Localized("Document", zh: "文档"),
        "tryData": Localized("What is written (JSON)", zh: "写入的内容（JSON）"),
        "tryIt": Localized("Try", zh: "测试"),
        "ruleAllows": Localized("Allowed", zh: "允许"),
        "ruleRefuses": Localized("Refused", zh: "拒绝"),
        "fieldIsProtected": Localized("This field is protected:", zh: "该字段受保护："),
        "isTrue": Localized("true", zh: "成立"),
        "isFalse": Localized("false", zh: "不成立"),
    ]

    /// What the documents of a collection look like.
    static let schema: [String: Localized] = [
        "schema": Localized("Structure", zh: "文档结构"),
        "schemaTypes": Localized("Types", zh: "类型"),
        "schemaMissing": Localized("Missing", zh: "缺失"),
        "schemaExample": Localized("Example", zh: "示例"),
        "schemaValues": Localized("Values", zh: "取值"),
        "schemaMore": Localized("There are more fields; the first 500 are shown.", zh: "字段较多，仅显示前 500 个。"),
    ]

    /// What the documents of a collection must look like.
    static let validation: [String: Localized] = [
        "validation": Localized("Validation", zh: "数据校验"),
        "validator": Localized("Validator (JSON)", zh: "校验规则（JSON）"),
        "validatorHint": Localized(
            """
            A $jsonSchema, or any condition that documents have to fit. Every write is checked, those of functions and imports as well. Empty: no \
            validation.
            """,
            zh: "填写 $jsonSchema 或任意查询条件，文档必须与之相符。所有写入（含云函数与导入）都会检查。留空表示不校验。"),
        "validationLevel": Localized("Which writes", zh: "检查范围"),
        "validation-strict": Localized("all (strict)", zh: "全部写入（strict）"),
        "validation-moderate": Localized("new documents, and those that fitted (moderate)", zh: "新文档及原本符合的文档（moderate）"),
        "validation-off": Localized("none for now (off)", zh: "暂不检查（off）"),
        "validationAction": Localized("What does not fit", zh: "不符合时"),
        "validation-error": Localized("is refused (error)", zh: "拒绝写入（error）"),
        "validation-warn": Localized("is stored and counted (warn)", zh: "允许写入并计数（warn）"),
        "validationWarned": Localized("Stored although they do not fit, since the server's start:", zh: "自服务启动以来，不符合规则但仍写入的文档数："),
        "validationWarnedLast": Localized("The last one:", zh: "最近一个："),
    ]

    /// One collection and its documents.
    static let collection: [String: Localized] = [
        "unique": Localized("unique", zh: "唯一"),
        "field": Localized("Field", zh: "字段"),
        "comparison": Localized("Comparison", zh: "比较方式"),
        "sortBy": Localized("Sort by", zh: "排序字段"),
        "order": Localized("Order", zh: "顺序"),
        "ascending": Localized("ascending", zh: "升序"),
        "descending": Localized("descending", zh: "降序"),
        "queryLanguage": Localized("With the query language", zh: "使用查询语言"),
        "condition": Localized("Condition (JSON)", zh: "查询条件（JSON）"),
        "conditionHint": Localized(
            "As in a query: {\"status\": \"paid\", \"total\": {\"$gte\": 100}}",
            zh: "写法与查询一致：{\"status\": \"paid\", \"total\": {\"$gte\": 100}}"),
        "noDocuments": Localized("No documents yet", zh: "还没有文档"),
        "noDocumentsText": Localized(
            "Functions and pages add them with db.collection(…).add. A file with a JSON document a line can be imported, below or so:",
            zh: "云函数与页面可用 db.collection(…).add 添加。也可以导入每行一个 JSON 文档的文件，在下方导入或使用命令："),
        "noDocumentsFound": Localized("No document fits", zh: "没有符合条件的文档"),
        "noDocumentsFoundText": Localized(
            "Texts and numbers are different: write \"1\" in quotes to find the text.", zh: "注意区分文本与数字：查找文本 1 请写成 \"1\"。"),
        "newDocument": Localized("New document", zh: "新建文档"),
        "documentJSON": Localized("Document (JSON)", zh: "文档（JSON）"),
        "documentHint": Localized(
            "Dates are milliseconds: {\"$date\": 1769846400000}. The _id of a stored document stays as it is. Ctrl+Enter saves.",
            zh: "日期以毫秒表示：{\"$date\": 1769846400000}。已保存文档的 _id 不可更改。按 Ctrl+Enter 保存。"),
        "changedMeanwhile": Localized("Somebody else has changed this document.", zh: "该文档已被他人修改。"),
        "changedMeanwhileText": Localized(
            "Yours is kept, and not stored. Compare the two: what you save now takes the place of what is stored.",
            zh: "您的内容已保留但尚未保存。请对照两份内容：现在保存将覆盖已存储的版本。"),
        "deletedMeanwhile": Localized("Somebody else has deleted this document.", zh: "该文档已被他人删除。"),
        "deletedMeanwhileText": Localized("Yours is kept. What you save now is stored as a new document.", zh: "您的内容已保留。现在保存将作为新文档添加。"),
        "yourDocument": Localized("Yours (JSON)", zh: "您的内容（JSON）"),
        "storedNow": Localized("Stored now", zh: "当前已存储"),
        "saveMine": Localized("Replace it with mine", zh: "用我的内容覆盖"),
        "takeStored": Localized("Go on with the stored one", zh: "改用已存储的版本"),
        "badDocument": Localized("The document is not valid JSON:", zh: "文档不是合法的 JSON："),
        "confirmDeleteDocument": Localized("Delete this document? It cannot be brought back.", zh: "确定删除该文档？删除后无法恢复。"),
        "noIndexes": Localized("No indexes yet", zh: "还没有索引"),
        "noIndexesText": Localized("Queries of large collections need one for the fields that they ask for.", zh: "较大的集合需要为查询字段建立索引。"),
        "indexFields": Localized("Fields of the new index", zh: "新索引的字段"),
        "indexFieldsHint": Localized("Separated by commas; a minus sorts downwards.", zh: "以逗号分隔，字段前加减号表示降序。"),
        "createIndex": Localized("Create the index", zh: "创建索引"),
        "confirmDropIndex": Localized("Remove this index? Queries that use it become slow.", zh: "确定移除该索引？依赖它的查询会变慢。"),
        "whoMay": Localized("What pages may do without a function", zh: "小程序端的读写权限"),
        "import": Localized("Import", zh: "导入"),
        "importFile": Localized("File", zh: "文件"),
        "importHint": Localized(
            "JSON lines, a JSON array, a table (CSV with a header), or what mongodump writes (.bson).",
            zh: "支持 JSON Lines、JSON 数组、带表头的 CSV，以及 mongodump 导出的 .bson。"),
        "exportLines": Localized("JSON lines", zh: "JSON Lines"),
        "exportTable": Localized("Table (CSV)", zh: "表格（CSV）"),
        "exportExtended": Localized("MongoDB Extended JSON", zh: "MongoDB 扩展 JSON"),
        "exportBinary": Localized("BSON for mongorestore", zh: "BSON 文件（mongorestore）"),
        "exportAll": Localized("Export", zh: "导出"),
        "dangerZone": Localized("What cannot be undone", zh: "不可恢复的操作"),
        "dropCollection": Localized("Delete the collection", zh: "删除集合"),
        "dropCollectionText": Localized(
            "With all documents and indexes. It can be restored from the list of collections as long as the history is kept (14 days, unless set otherwise).",
            zh: "将同时删除全部文档与索引。在历史保留期内（14 天，以服务器设置为准）可在集合列表页恢复。"),
        "confirmDropCollection": Localized(
            "Delete the collection with all its documents? It can be restored as long as the history is kept.", zh: "确定删除该集合及其全部文档？历史保留期内可以恢复。"),
    ]

    /// Files of documents that come into a collection.
    static let imports: [String: Localized] = [
        "imports": Localized("Imports", zh: "导入记录"),
        "importsText": Localized(
            "They go on when this page is closed, and after a restart of the server.", zh: "关闭页面或服务器重启后，导入仍会继续。"),
        "toCollection": Localized("To the collection", zh: "返回集合"),
        "noImports": Localized("Nothing was imported yet", zh: "还没有导入记录"),
        "noImportsText": Localized("Choose a file on the collection's page.", zh: "请在集合页面选择文件。"),
        "importMode": Localized("Same _id", zh: "_id 相同时"),
        "importUpsert": Localized("replace", zh: "覆盖"),
        "importInsert": Localized("refuse", zh: "拒绝"),
        "importErrors": Localized("At an error", zh: "遇到错误时"),
        "importStop": Localized("stop", zh: "停止"),
        "importSkip": Localized("leave the document out", zh: "跳过该文档"),
        "import-receiving": Localized("waiting for the file", zh: "等待文件"),
        "import-running": Localized("under way", zh: "进行中"),
        "import-done": Localized("done", zh: "已完成"),
        "import-failed": Localized("stopped", zh: "已停止"),
        "import-cancelled": Localized("cancelled", zh: "已取消"),
        "resumeImport": Localized("Go on", zh: "继续"),
        "resumeSkipping": Localized("Go on without such documents", zh: "跳过此类文档并继续"),
        "cancelImport": Localized("Cancel", zh: "取消"),
        "confirmEndImport": Localized("Cancel this import? What it has stored stays.", zh: "确定取消该导入？已写入的文档会保留。"),
        "refusedDocuments": Localized("Documents that were left out", zh: "被跳过的文档"),
    ]

    /// Files.
    static let files: [String: Localized] = [
        "files": Localized("Files", zh: "文件"),
        "path": Localized("Path", zh: "路径"),
        "pathBeginsWith": Localized("Path begins with", zh: "路径开头"),
        "chooseFile": Localized("File", zh: "选择文件"),
        "targetPath": Localized("Stored under", zh: "存储路径"),
        "upload": Localized("Upload", zh: "上传"),
        "copyFileID": Localized("Copy file id", zh: "复制文件 ID"),
        "noFiles": Localized("No files yet", zh: "还没有文件"),
        "noFilesText": Localized(
            "Pages and functions store them with uploadFile; each has a file id for pages and temporary addresses for downloads. Upload the first one above.",
            zh: "页面与云函数可用 uploadFile 上传；每个文件都有文件 ID，并可生成临时下载地址。也可在上方上传第一个文件。"),
        "confirmDeleteFile": Localized("Delete this file? It cannot be brought back.", zh: "确定删除该文件？删除后无法恢复。"),
    ]
}
