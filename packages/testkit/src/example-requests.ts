/** The requests that a connector makes for its recorded examples, without anything leaving the process. */
import type { Static, TObject } from 'typebox'
import {
  exampleMessage,
  fakePeer,
  peerContext,
  replyOfExample,
} from '@carillon/connectors/conformance-peer'
import type { Example, SenderConnector } from '@carillon/connectors/define-connector'
import type { HttpRequest } from '@carillon/connectors/http-port'

/** Sends the example's message to a peer that gives the example's reply; returns what was asked for (maybe nothing). */
export const exampleRequests = async <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  example: Example<Static<S>, Static<X>>,
): Promise<readonly HttpRequest[]> => {
  const peer = fakePeer(replyOfExample(example.reply))
  const message = exampleMessage(example.message)
  await connector.send(message, peerContext(peer, message, example))
  return peer.requests
}
