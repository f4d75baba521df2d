import ControlAPI
import KillSwitch
import Operators

/// The desk's tokens, as the API asks for them.
struct TokenBearer: Bearer {
    let authority: TokenAuthority

    init(_ killSwitch: KillSwitch) {
        authority = TokenAuthority(directory: killSwitch.directory.path, audience: killSwitch.settings.name)
    }

    private var now: Int64 { Clock.wallMilliseconds() / 1_000 }

    func verify(_ token: String, for permission: BearerPermission) -> Result<BearerClaims, BearerRefusal> {
        let wanted: TokenRole.Permission =
            switch permission {
            case .read: .read
            case .sendEvents: .sendEvents
            case .act: .act
            case .resume: .resume
            }
        do throws(TokenRefusal) {
            let claims = try authority.verify(token.utf8, now: now)
            var known = BearerClaims(
                id: claims.id,
                operatorName: claims.operatorName,
                role: claims.role.rawValue,
                givesAnswers: claims.role.rights.isPersonal && claims.role.rights.isSpentByResume,
                venues: claims.scope.venues
            )
            guard claims.role.may(wanted) else {
                var refusal = BearerRefusal(TokenRefusal.mayNot(claims.role, wanted))
                refusal.proved = known
                return .failure(refusal)
            }
            // Only a resume asks who else is enrolled.
            if wanted == .resume { known.credential = try authority.credential(of: claims) }
            return .success(known)
        } catch {
            var refusal = BearerRefusal(error)
            refusal.claimed = TokenAuthority.claimed(by: token.utf8)
            return .failure(refusal)
        }
    }

    func spend(_ claims: BearerClaims) -> Result<Job, BearerRefusal> {
        guard TokenRole(rawValue: claims.role)?.rights.isSpentByResume ?? true else { return .success(Job {}) }
        do throws(TokenRefusal) {
            let spending = try authority.spend(claims.id, now: now)
            let authority = authority
            return .success(Job { _ = try? authority.giveBack(spending) })
        } catch {
            return .failure(BearerRefusal(error))
        }
    }
}

extension BearerRefusal {
    init(_ refusal: TokenRefusal) {
        self.init(
            status: refusal.status.rawValue,
            code: refusal.code,
            message: refusal.description,
            challenge: refusal.challenge
        )
    }
}
