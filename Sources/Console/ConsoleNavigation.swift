internal import HTTPSupport
internal import Kernel
internal import Tenancy

/// What surrounds a page: the sections to go to, the other environments, and the way here.
struct ConsoleNavigation: Sendable {
    /// More are found on the page of all environments.
    private static let environmentsListed = 30

    let sections: [ConsoleSection]
    let tenancy: Tenancy

    func model(_ visit: Visit, _ page: Page, in section: ConsoleSection?) -> JSONObject {
        guard visit.session != nil, let principal = visit.context.principal else { return ["isSignedIn": false] }
        var model: JSONObject = ["isSignedIn": true, "person": person(visit, principal, current: section)]
        model["platformSections"] = .array(platformEntries(visit, principal, current: section))
        let suspended = suspended(visit, principal).map(\.name)
        if !suspended.isEmpty { model["suspendedText"] = .string(Phrases.organizationIsSuspended(suspended)[visit.language]) }
        var crumbs: [(path: String, text: String)] = []
        if let environment = visit.context.authority?.environment.flatMap({ try? tenancy.environment($0) }) {
            let home = Address.environment(environment.id)
            model["environment"] = .object(switcher(environment, visit, current: section))
            model["environmentSections"] = .array(environmentEntries(home, visit, current: section))
            crumbs = [("/console", Catalogue.phrase("environments", visit.language)), (home, environment.name)]
            if let section, !section.path.isEmpty { crumbs.append(("\(home)/\(section.path)", Catalogue.phrase(section.title, visit.language))) }
        }
        crumbs += page.crumbs
        // The page itself is the last step, and its heading says so already.
        if let last = crumbs.last, last.text == page.title { crumbs.removeLast() }
        model["crumbs"] = .array(crumbs.map { ["crumbPath": .string($0.path), "crumbText": .string($0.text)] })
        model["hasCrumbs"] = .bool(!crumbs.isEmpty)
        return model
    }

    /// The organization of the page, or all of the visitor's, as far as the operator has suspended them.
    private func suspended(_ visit: Visit, _ principal: Principal) -> [Organization] {
        guard let organization = visit.context.authority?.organization else { return tenancy.suspendedOrganizations(of: principal) }
        return (try? tenancy.organizations.find(organization)).map { $0.status == .suspended ? [$0] : [] } ?? []
    }

    private func person(_ visit: Visit, _ principal: Principal, current: ConsoleSection?) -> JSON {
        let account = visit.account.flatMap { try? tenancy.accounts.find($0) }
        return [
            "personName": .string(account?.name ?? Catalogue.phrase("operatorWithKey", visit.language)), "personEmail": .string(account?.email ?? ""),
            "isCurrent": .bool(current?.place == .person),
        ]
    }

    private func environmentEntries(_ home: String, _ visit: Visit, current: ConsoleSection?) -> [JSON] {
        sections.filter { $0.place == .environment && visit.may($0.permission) }.map { section in
            entry(section, section.path.isEmpty ? home : "\(home)/\(section.path)", visit, current: current)
        }
    }

    private func platformEntries(_ visit: Visit, _ principal: Principal, current: ConsoleSection?) -> [JSON] {
        sections.compactMap { section in
            switch section.place {
            case .environment, .person: return nil
            case .platform:
                guard visit.may(section.permission) else { return nil }
                return entry(section, section.path.isEmpty ? "/console" : "/console/\(section.path)", visit, current: current)
            case .organization:
                guard let permission = section.permission else { return nil }
                let visible = tenancy.organizations(for: principal, doing: permission)
                guard let first = visible.first else { return nil }
                let path = "/console/\(section.path)"
                return entry(section, visible.count == 1 ? "\(path)/\(first.id)" : path, visit, current: current)
            }
        }
    }

    private func entry(_ section: ConsoleSection, _ path: String, _ visit: Visit, current: ConsoleSection?) -> JSON {
        [
            "entryPath": .string(path), "icon": .string(section.icon), "label": .string(Catalogue.phrase(section.title, visit.language)),
            "isCurrent": .bool(current?.place == section.place && current?.path == section.path),
        ]
    }

    /// The environments to change to, each at the section that is shown now.
    private func switcher(_ current: Environment, _ visit: Visit, current section: ConsoleSection?) -> JSONObject {
        guard let principal = visit.context.principal else { return [:] }
        let others = tenancy.environments(for: principal).filter { $0.id != current.id && $0.status != .deleted }
        let path = section.map { $0.path.isEmpty ? "" : "/\($0.path)" } ?? ""
        return [
            "switcherName": .string(current.name), "switcherID": .string(current.id.text),
            "others": .array(
                others.prefix(Self.environmentsListed).map { other in
                    ["otherName": .string(other.name), "otherPath": .string(Address.environment(other.id) + path)]
                }),
        ]
    }
}
