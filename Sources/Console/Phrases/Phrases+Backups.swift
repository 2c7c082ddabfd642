internal import Kernel

extension Phrases {
    static let backupMade = Localized("The backup is made.", zh: "备份完成。")
    static let backupRemoved = Localized("The backup is removed.", zh: "备份已删除。")

    static func backupsPlanned(_ isPlanned: Bool) -> Localized {
        isPlanned
            ? Localized("Planned: the first backup is made within a minute.", zh: "已设定：首次备份将在一分钟内进行。")
            : Localized("No backups are planned any more.", zh: "已关闭定时备份。")
    }
}
