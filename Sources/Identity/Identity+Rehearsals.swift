public import Kernel

extension Identity {
    /// A token for somebody who does not exist, in the copy of a rehearsal, where nobody can log in.
    public func rehearsalToken(_ openid: String, in shadow: EnvironmentID) -> String {
        tokens.issue(User(openid: openid, platform: "rehearsal"), for: shadow)
    }
}
