internal import Kernel

/// What is said after quotas were set and environments copied.
extension Phrases {
    static let quotasSaved = Localized("The quotas hold from now on.", zh: "配额已生效。")

    static func copyName(_ name: String) -> Localized { Localized("\(name) (copy)", zh: "\(name)（副本）") }

    static func environmentCopied(_ name: String) -> Localized { Localized("“\(name)” is a copy of its own now.", zh: "已复制为新环境“\(name)”。") }
}
