// Official clients with a user, a model and roots of their own.
import { CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { connect } from './clients.mjs';

const SCHEMAS = { 'elicitation/create': ElicitRequestSchema, 'sampling/createMessage': CreateMessageRequestSchema, 'roots/list': ListRootsRequestSchema };
export const ALL = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

// A client whose user is Ann and likes blue; `asked` are the methods by which it was asked.
export async function personal(scope, family, target, capabilities = ALL) {
  const peer = await connect(scope, family, target, { capabilities });
  peer.asked = [];
  const answers = (method, answer) =>
    peer.client.setRequestHandler(family === 'v1' ? SCHEMAS[method] : method, async ({ params }) => {
      peer.asked.push(method);
      return answer(params);
    });
  const said = { name: 'Ann', color: 'blue', context: 'home' };
  const fields = ({ properties }) => Object.fromEntries(Object.keys(properties).filter((field) => said[field]).map((field) => [field, said[field]]));
  if (capabilities.elicitation)
    answers('elicitation/create', ({ mode, requestedSchema }) => ({ action: 'accept', ...(mode !== 'url' && { content: fields(requestedSchema) }) }));
  if (capabilities.sampling) answers('sampling/createMessage', () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'Paris' } }));
  if (capabilities.roots) answers('roots/list', () => ({ roots: [{ uri: 'file:///home/ann', name: 'home' }] }));
  return peer;
}
