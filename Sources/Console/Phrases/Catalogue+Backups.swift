internal import Kernel

extension Catalogue {
    /// Backups of the database.
    static let backups: [String: Localized] = [
        "backups": Localized("Backups", zh: "备份"),
        "backup": Localized("Backup", zh: "备份"),
        "backupsText": Localized(
            "Collections, permissions, indexes and documents, all of one moment. As far as the history goes (14 days, unless set otherwise) you need none: the database can go back to any moment of it.",
            zh: "同一时刻的集合、权限、索引和文档。历史保留期内（14 天，以服务器设置为准）无需备份：数据库可恢复到其间任一时刻。"),
        "toDatabase": Localized("To the database", zh: "返回数据库"),
        "makeBackup": Localized("Make a backup", zh: "立即备份"),
        "backupFailed": Localized("The last planned backup could not be made.", zh: "上次定时备份失败。"),
        "backupPlan": Localized("Plan", zh: "定时备份"),
        "backupHour": Localized("When", zh: "时间"),
        "backupNever": Localized("never", zh: "不备份"),
        "backupKeep": Localized("How many are kept", zh: "保留份数"),
        "backupsThere": Localized("All backups", zh: "全部备份"),
        "backup-scheduled": Localized("planned", zh: "定时"),
        "backup-manual": Localized("made by hand", zh: "手动"),
        "noBackups": Localized("No backup yet", zh: "还没有备份"),
        "noBackupsText": Localized(
            "Make one now, or choose an hour. They lie on this server; download one to keep it elsewhere.",
            zh: "可立即备份，或设定时间自动备份。备份存放在本服务器上，下载后可另行保存。"),
        "lookIntoBackup": Localized("Look and restore", zh: "查看与恢复"),
        "confirmRemoveBackup": Localized("Remove this backup for good?", zh: "确定彻底删除这份备份吗？"),
        "backupOf": Localized("Backup of", zh: "备份："),
        "downloadBackup": Localized("Download", zh: "下载"),
        "restoreBackup": Localized("Restore", zh: "恢复"),
        "restoreBackupText": Localized(
            "What is there now gives way in one step, and can be brought back as long as the history is kept. Permissions, rules and indexes of collections that are still there stay as they are. Triggers are not called.",
            zh: "现有内容将被一次性替换，历史保留期内可找回。仍存在的集合保留现有权限、规则和索引。不会调用触发器。"),
        "restoreWhat": Localized("What", zh: "恢复内容"),
        "wholeDatabase": Localized("the whole database", zh: "整个数据库"),
        "confirmRestoreBackup": Localized("Replace what is there now by what the backup holds?", zh: "确定用备份内容替换现有内容吗？"),
        "restoreOf": Localized("Restore:", zh: "恢复："),
        "fromBackupOf": Localized("backup of", zh: "备份时间"),
        "restore-running": Localized("under way", zh: "进行中"),
        "restore-done": Localized("done", zh: "已完成"),
        "restore-failed": Localized("failed, nothing was changed", zh: "失败，数据未更改"),
        "cancelRestore": Localized("Stop", zh: "停止"),
        "confirmCancelRestore": Localized("Stop it? Nothing is changed then.", zh: "确定停止吗？数据不会更改。"),
    ]
}
