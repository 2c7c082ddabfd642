internal import Kernel

extension SampanError {
    static func noImport(_ id: String) -> SampanError {
        notFound(
            "IMPORT_NOT_FOUND", Localized("There is no import \"\(id.prefix(100))\".", zh: "不存在导入任务 “\(id.prefix(100))”。"),
            remedy: Localized("List the imports; the last 50 are kept.", zh: "请查看导入列表，最近 50 次会保留。"))
    }

    static let importNotReceiving = SampanError(
        "IMPORT_STATE", status: 409, Localized("The file of this import has come whole already, or the import is over.", zh: "该导入的文件已全部收到，或导入已结束。"),
        remedy: Localized("Look at the import's state, or start another import.", zh: "请查看导入状态，或另建导入。"))

    static let importNotFailed = SampanError(
        "IMPORT_STATE", status: 409, Localized("Only an import that failed can be resumed.", zh: "只有失败的导入才能继续。"),
        remedy: Localized("Look at the import's state.", zh: "请查看导入状态。"))

    static let importFileGone = SampanError(
        "IMPORT_FILE_GONE", status: 410, Localized("The import's file is not on this server any more.", zh: "导入文件已不在本服务器上。"),
        remedy: Localized("Send the file again, with mode=upsert for what is stored already.", zh: "请重新上传文件；已写入的文档可用 mode=upsert 覆盖。"))

    static let importBusy = SampanError(
        "IMPORT_BUSY", status: 409, Localized("Somebody else is sending this file at the moment.", zh: "此文件正由另一个请求上传。"),
        remedy: Localized("Wait for that, or cancel the import.", zh: "请等待其完成，或取消导入。"), retryAfter: 2)

    static func importOffset(expected: Int64) -> SampanError {
        SampanError(
            "IMPORT_OFFSET", status: 409, Localized("\(expected) bytes of the file have come.", zh: "文件已收到 \(expected) 字节。"),
            remedy: Localized("Go on there: Upload-Offset: \(expected).", zh: "请从此处继续：Upload-Offset: \(expected)。"), members: ["received": .int(expected)])
    }

    static func importTooLong(_ bytes: Int64) -> SampanError {
        SampanError(
            "IMPORT_TOO_LONG", status: 400, Localized("More bytes came than the \(bytes) that were announced.", zh: "收到的字节多于所声明的 \(bytes)。"),
            remedy: Localized("Cancel the import and start again with the file's size.", zh: "请取消导入，并以正确的文件大小重新开始。"))
    }

    static func tooManyImports(_ most: Int) -> SampanError {
        SampanError(
            "TOO_MANY_IMPORTS", status: 429, Localized("\(most) imports of this environment are not over yet.", zh: "该环境有 \(most) 个导入尚未结束。"),
            remedy: Localized("Wait for them, or cancel some.", zh: "请等待其完成，或取消部分导入。"))
    }
}
