/// What a browser or program is called by people, from what it calls itself.
enum ClientName {
    /// The first that is found counts: almost every browser also says that it is one of the older ones.
    private static let programs = [
        ("sampan-cli", "Sampan CLI"), ("MicroMessenger", "WeChat"), ("AlipayClient", "Alipay"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"),
        ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"), ("python", "Python"),
    ]
    private static let systems = [
        ("HarmonyOS", "HarmonyOS"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Macintosh", "macOS"),
        ("Linux", "Linux"),
    ]
    private static let charactersMax = 60

    /// A name such as `Chrome · Windows`; what nobody knows is shown as it is, and `nil` when nothing was said.
    static func of(_ userAgent: String) -> String? {
        let found = [programs, systems].compactMap { names in names.first { userAgent.contains($0.0) }?.1 }
        if !found.isEmpty { return found.joined(separator: " · ") }
        return userAgent.isEmpty ? nil : String(userAgent.prefix(charactersMax))
    }
}
