internal import Kernel

extension SampanError {
    static func noBackup(_ id: String) -> SampanError {
        notFound(
            "BACKUP_NOT_FOUND", Localized("There is no backup \"\(id.prefix(100))\".", zh: "不存在备份 “\(id.prefix(100))”。"),
            remedy: Localized("List the backups.", zh: "请查看备份列表。"))
    }

    static func noRestore(_ id: String) -> SampanError {
        notFound(
            "RESTORE_NOT_FOUND", Localized("There is no restore \"\(id.prefix(100))\".", zh: "不存在恢复任务 “\(id.prefix(100))”。"),
            remedy: Localized("List the backups; the last 50 restores are told with them.", zh: "请查看备份列表，其中保留最近 50 次恢复。"))
    }

    static func notInBackup(_ name: String) -> SampanError {
        notFound(
            "COLLECTION_NOT_FOUND", Localized("The backup has no collection \"\(name.prefix(100))\".", zh: "备份中没有集合 “\(name.prefix(100))”。"),
            remedy: Localized("Look at what the backup holds.", zh: "请查看备份的内容。"))
    }

    static let backupBusy = SampanError(
        "BACKUP_BUSY", status: 409, Localized("A backup of this environment is being made.", zh: "该环境正在备份。"),
        remedy: Localized("Wait until it is there.", zh: "请等待其完成。"), retryAfter: 5)

    static func tooManyBackups(_ most: Int) -> SampanError {
        SampanError(
            "TOO_MANY_BACKUPS", status: 429, Localized("There are \(most) backups that were made by hand.", zh: "手动备份已达 \(most) 个。"),
            remedy: Localized("Remove some that are not needed any more.", zh: "请删除不再需要的备份。"))
    }

    static let restoreBusy = SampanError(
        "RESTORE_BUSY", status: 409, Localized("A backup of this environment is being restored.", zh: "该环境正在恢复备份。"),
        remedy: Localized("Wait until that is over, or cancel it.", zh: "请等待其完成，或取消该恢复。"), retryAfter: 5)

    static let restoreInterrupted = SampanError(
        "RESTORE_INTERRUPTED", status: 503, Localized("The server ended while the backup was being restored.", zh: "恢复备份期间服务器停止。"),
        remedy: Localized("Nothing was changed. Start it again.", zh: "数据未被更改，请重新开始。"))

    static let restoreCancelled = SampanError(
        "RESTORE_CANCELLED", status: 409, Localized("The restore was cancelled.", zh: "恢复已取消。"),
        remedy: Localized("Nothing was changed.", zh: "数据未被更改。"))
}
