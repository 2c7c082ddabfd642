internal import Kernel

/// Phrases with something in them, and what is said after something was done.
enum Phrases {
    static func functions(_ count: Int) -> Localized { Localized(count == 1 ? "1 function" : "\(count) functions", zh: "\(count) 个云函数") }

    static func documents(_ count: Int64) -> Localized { Localized(count == 1 ? "1 document" : "\(count) documents", zh: "共 \(count) 个文档") }

    static func apps(_ count: Int) -> Localized { Localized(count == 1 ? "1 app" : "\(count) apps", zh: "\(count) 个应用") }

    static func environments(_ count: Int) -> Localized { Localized(count == 1 ? "1 environment" : "\(count) environments", zh: "\(count) 个环境") }

    static func page(_ page: Int64, of pages: Int64) -> Localized { Localized("Page \(page) of \(pages)", zh: "第 \(page) / \(pages) 页") }

    static func environmentCreated(_ name: String) -> Localized { Localized("“\(name)” is ready.", zh: "环境“\(name)”已创建。") }

    static func environmentSuspended(_ name: String) -> Localized { Localized("“\(name)” is suspended.", zh: "环境“\(name)”已停用。") }

    static func environmentResumed(_ name: String) -> Localized { Localized("“\(name)” answers again.", zh: "环境“\(name)”已恢复运行。") }

    static func environmentRestored(_ name: String) -> Localized { Localized("“\(name)” is restored as it was.", zh: "环境“\(name)”已恢复，内容与删除前一致。") }

    static func environmentDeleted(_ name: String) -> Localized {
        Localized("“\(name)” is deleted. It can still be restored here.", zh: "环境“\(name)”已删除，宽限期内可在此恢复。")
    }

    static func deleteEnvironmentText(days: Int64) -> Localized {
        Localized(
            "It stops at once and can be restored for \(days) days. After that nothing is left: functions, documents, files, keys.",
            zh: "删除后立即停止服务，\(days) 天内可以恢复；之后云函数、文档、文件与密钥将被彻底清除。")
    }

    static let sampleDeployed = Localized("The sample shop is deployed.", zh: "示例小店已部署。")
    static let openShop = Localized("Open it", zh: "立即打开")
    static let managementKeyCreated = Localized(
        "The key is made. Copy it now: it is not shown again.", zh: "密钥已创建。请立即复制，之后不再显示。")
    static let accessKeyCreated = Localized(
        "The access key is made. Copy both parts now: the secret is not shown again.", zh: "访问密钥已创建。请立即复制两部分内容，密钥内容之后不再显示。")

    static func keyRevoked(_ key: String) -> Localized { Localized("Key \(key) is revoked.", zh: "密钥 \(key) 已吊销。") }

    static let settingsSaved = Localized("The settings are saved.", zh: "设置已保存。")

    static func versionIsCurrent(_ version: Int) -> Localized {
        Localized("All calls go to version \(version) now.", zh: "所有调用已切换到版本 \(version)。")
    }

    static let trafficSaved = Localized("The calls are divided.", zh: "流量分配已保存。")

    static func triggerAdded(_ name: String) -> Localized { Localized("The trigger “\(name)” is set.", zh: "触发器“\(name)”已添加。") }

    static func triggerRemoved(_ name: String) -> Localized { Localized("The trigger “\(name)” is removed.", zh: "触发器“\(name)”已移除。") }

    static func functionDeleted(_ name: String) -> Localized { Localized("The function \(name) is deleted.", zh: "云函数 \(name) 已删除。") }

    static let permissionChanged = Localized("The permission is changed.", zh: "权限已修改。")

    static func sampled(_ sampled: Int64, of documents: Int64) -> Localized {
        Localized("Inferred from \(sampled) of \(documents) documents.", zh: "根据 \(documents) 个文档中的 \(sampled) 个推断。")
    }

    static let validatorChanged = Localized("The validation is saved. Documents that are there already were not looked at.", zh: "校验规则已保存。已有文档不会被检查。")

    static func collectionCreated(_ name: String) -> Localized { Localized("The collection \(name) is there.", zh: "集合 \(name) 已创建。") }

    static func collectionExists(_ name: String) -> Localized { Localized("The collection \(name) was there already.", zh: "集合 \(name) 已存在。") }

    static func collectionDropped(_ name: String) -> Localized { Localized("The collection \(name) is deleted.", zh: "集合 \(name) 已删除。") }

    static let indexCreated = Localized("The index is made.", zh: "索引已创建。")

    static func indexDropped(_ name: String) -> Localized { Localized("The index \(name) is removed.", zh: "索引 \(name) 已移除。") }

    static let documentInserted = Localized("The document is stored.", zh: "文档已添加。")
    static let documentSaved = Localized("The document is saved.", zh: "文档已保存。")
    static let documentDeleted = Localized("The document is deleted.", zh: "文档已删除。")

    static func imported(inserted: Int64, updated: Int64) -> Localized {
        Localized("Imported: \(inserted) new, \(updated) replaced.", zh: "导入完成：新增 \(inserted) 个，替换 \(updated) 个。")
    }

    static func importCounts(inserted: Int64, updated: Int64, refused: Int64) -> Localized {
        Localized("\(inserted) new, \(updated) replaced, \(refused) left out", zh: "新增 \(inserted)，替换 \(updated)，跳过 \(refused)")
    }

    static func restored(_ documents: Int64) -> Localized {
        Localized("Restored: \(documents) documents.", zh: "恢复完成：共 \(documents) 个文档。")
    }

    static func restoredAll(_ collections: Int) -> Localized {
        Localized(
            collections == 1 ? "The database is as it was: 1 collection has changed." : "The database is as it was: \(collections) collections have changed.",
            zh: "数据库已恢复到该时刻，共 \(collections) 个集合发生变化。")
    }

    static let droppedRemoved = Localized("It is removed for good.", zh: "已彻底删除。")

    static func fileUploaded(_ path: String) -> Localized { Localized("\(path) is stored.", zh: "\(path) 已上传。") }

    static func fileDeleted(_ path: String) -> Localized { Localized("\(path) is deleted.", zh: "\(path) 已删除。") }
}
