/** People in the composition root: signing in, persons, members, invitations, each with what it needs. */
import { createTellSignIn } from './access/tell-sign-in.ts'
import { createSendAccountMail } from './access/send-account-mail.ts'
import { createSignIn } from './access/sign-in/create-sign-in.ts'
import { providersOf } from './access/sign-in/read-providers.ts'
import { createLimitAttempts } from './access/sign-in/limit-attempts.ts'
import { createNoteSignIn } from './access/sign-in/note-sign-in.ts'
import { addProviderSettingsRoutes } from './access/sign-in/provider-routes.ts'
import { addSignInRoutes } from './access/sign-in/routes.ts'
import { createUseCodeOnce } from './access/sign-in/use-code-once.ts'
import type { Core } from './app.ts'
import type { Config } from './config.ts'
import type { LaneKey } from './delivery/store.ts'
import type { Accepted } from './ingest/accept-events.ts'
import { addInvitationRoutes } from './people/invitation-routes.ts'
import { addMeRoutes } from './people/me-routes.ts'
import { addMemberRoutes } from './people/member-routes.ts'
import { addSetupRoutes } from './people/setup-routes.ts'
import { addUserRoutes } from './people/user-routes.ts'
import type { HttpServer } from './platform/http/fastify-types.ts'

type Options = {
  readonly config: Config
  readonly core: Core
  readonly onAccepted: (accepted: Accepted) => void
  readonly wake: (lane: LaneKey) => void
}

/** Registers the routes of people. Throws when the environment names half a provider. */
export const addPeople = (
  server: HttpServer,
  { config, core, onAccepted, wake }: Options,
): void => {
  const { newId, shard, keyring, log, acceptEvents } = core
  const [pool, enginePool] = [core.pools.app, core.pools.engine]
  // Known once the server listens: port 0 picks one.
  const baseUrl = (): string => config.publicUrl ?? server.listeningOrigin
  const sendMail = createSendAccountMail({ pool: enginePool, newId, shard, wake })
  const signIn = createSignIn({
    pool: enginePool,
    newId,
    log,
    keyring,
    baseUrl,
    providers: providersOf(config),
    sendMail,
  })
  const limit = createLimitAttempts(enginePool)
  const tell = createTellSignIn({ pool: enginePool, acceptEvents, onAccepted, log })
  const note = createNoteSignIn({ pool: enginePool, newId, tell, log })
  const useCodeOnce = createUseCodeOnce({ pool: enginePool, limit })
  addSignInRoutes(server, { signIn, limit, note, useCodeOnce, publicUrl: config.publicUrl })
  addProviderSettingsRoutes(server, { pool: enginePool, keyring, signIn })
  const { makePasswordLink } = signIn
  addSetupRoutes(server, { pool: enginePool, newId, keyring, limit })
  addUserRoutes(server, { pool: enginePool, newId, makePasswordLink })
  addMeRoutes(server, { pool: enginePool, newId })
  addMemberRoutes(server, { pool, enginePool })
  addInvitationRoutes(server, { pool, enginePool, limit, newId, sendMail, baseUrl })
}
