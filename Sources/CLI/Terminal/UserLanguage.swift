import Foundation
import Kernel

extension Language {
    /// The language that the process' locale asks for (`LC_ALL`, then `LC_MESSAGES`, then `LANG`); English when it is not Chinese.
    init(locale variables: [String: String]) {
        let chosen = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { variables[$0] }.first { !$0.isEmpty }
        self = chosen?.lowercased().hasPrefix("zh") == true ? .zh : .en
    }

    /// The language of whoever started this process; help texts are made with it.
    static let ofProcess = Language(locale: ProcessInfo.processInfo.environment)
}

/// A help text in the language of whoever started this process.
func said(_ english: String, zh chinese: String) -> String {
    Localized(english, zh: chinese)[.ofProcess]
}
