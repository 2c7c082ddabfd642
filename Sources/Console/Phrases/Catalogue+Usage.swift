internal import Kernel

extension Catalogue {
    /// What an environment holds and may hold, and taking all of it along.
    static let usage: [String: Localized] = [
        "usage": Localized("Plan and usage", zh: "套餐与用量"),
        "usageText": Localized("What this environment holds now, and how much it may hold.", zh: "该环境当前占用的资源，以及可用的上限。"),
        "measure": Localized("What", zh: "项目"),
        "inUse": Localized("In use", zh: "已用"),
        "quota": Localized("Quota", zh: "配额"),
        "quotas": Localized("Quotas", zh: "设置配额"),
        "quotasText": Localized(
            "Empty means no limit. A quota below what is there stops growth; reading and deleting go on.",
            zh: "留空表示不限。配额低于现有用量时仅停止增长，读取与删除不受影响。"),
        "quotaFull": Localized("used up", zh: "已用尽"),
        "share": Localized("Share", zh: "占比"),
        "unlimited": Localized("no limit", zh: "不限"),
        "plan": Localized("Plan", zh: "套餐"),
        "planSelfHosted": Localized("Self-hosted", zh: "自托管"),
        "planText": Localized(
            "This server charges nothing. Whoever runs it sets the quotas above.", zh: "本服务器不收取费用，上述配额由平台管理员设置。"),
        "measure-documentBytes": Localized("Database on disk", zh: "数据库占用"),
        "measure-fileBytes": Localized("Files, together", zh: "文件总大小"),
        "measure-files": Localized("Number of files", zh: "文件数量"),
        "measure-functions": Localized("Number of functions", zh: "云函数数量"),
        "measure-collections": Localized("Number of collections", zh: "集合数量"),
        "measure-coupons": Localized("Coupons of all batches", zh: "优惠券总库存"),
        "copyAndExport": Localized("Copy and export", zh: "复制与导出"),
        "copyEnvironment": Localized("Copy this environment", zh: "复制环境"),
        "copyEnvironmentText": Localized(
            "Functions, settings, collections and users as they are now, as a new environment. Keys do not come along.",
            zh: "以当前的云函数、设置、集合与用户创建一个新环境。密钥不会被复制。"),
        "copyName": Localized("Name of the copy", zh: "新环境名称"),
        "copyDocuments": Localized("with documents", zh: "包含文档"),
        "copyFiles": Localized("with files", zh: "包含文件"),
        "copyTriggers": Localized("timers run in the copy", zh: "在新环境中运行定时触发器"),
        "makeCopy": Localized("Make the copy", zh: "开始复制"),
        "exportEnvironment": Localized("Take everything along", zh: "导出全部数据"),
        "exportEnvironmentText": Localized(
            "One tar archive in open formats: documents and users as JSON lines, files and code as they are. Secrets are left out.",
            zh: "导出为开放格式的 tar 归档：文档与用户为 JSON 行，文件与代码保持原样，不含密钥等机密。"),
        "downloadArchive": Localized("Download the archive", zh: "下载归档"),
    ]
}
