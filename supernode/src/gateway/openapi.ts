/** What the gateway takes and answers, as OpenAPI 3.1: served at /openapi.json, and held against the gateway by its tests. */
import { limits } from '@murmuration/shared/wire/limits.ts';

const trackers = {
  type: 'array',
  items: { type: 'string', examples: ['127.0.0.1:8080', 'https://birds.example'] },
  minItems: 1,
  maxItems: 64,
  description:
    'Supernodes that introduce the node to the network, as host:port or as URLs. The first eight are used.',
} as const;

const answer = {
  type: 'object',
  required: ['Success', 'InstanceID', 'TCPServerPort', 'UDPServerPort', 'ResourceID', 'MaxResourceSize'],
  additionalProperties: false,
  properties: {
    Success: {
      type: 'boolean',
      description: 'Whether it was done. If not, all the other values are defaults.',
    },
    InstanceID: {
      type: 'string',
      default: '',
      description: 'Names the instance at this gateway, for /stop.',
    },
    TCPServerPort: {
      type: 'integer',
      default: 0,
      description: 'Port of a supernode; 0 for a WebRTC node, which has none.',
    },
    UDPServerPort: {
      type: 'integer',
      default: 0,
      description:
        'On loopback. Host: each datagram is one message of the stream. Member: each datagram, whatever is in it, asks for one message and is answered with the next one; two may be asked for in advance.',
    },
    ResourceID: { type: 'string', default: '', description: 'The id of the stream, 27 characters.' },
    MaxResourceSize: {
      type: 'integer',
      default: 0,
      description: 'Bytes of the largest message of the stream.',
    },
  },
} as const;

const answers = {
  200: {
    description: 'A valid call, done or not.',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Answer' } } },
  },
  400: {
    description: 'Not a valid call: its method, its type or its body. The body of the answer is empty.',
  },
  403: {
    description: 'From a web page, or to a host name that is not loopback. The body of the answer is empty.',
  },
} as const;

const post = (operationId: string, summary: string, schema: object, required = true) => ({
  post: {
    operationId,
    summary,
    requestBody: { required, content: { 'application/json': { schema } } },
    responses: answers,
  },
});

export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Murmuration gateway',
    version: '1.0.0',
    description:
      'Creates and operates nodes for programs in any language on this machine. Keys of request bodies count in any case, with or without separators. Messages larger than a datagram (65,507 bytes) go through the WebSocket /instances/{InstanceID}/data: one binary message, one message of the stream; a text message {"gap":true} tells a reader that messages are missing before the next one.',
  },
  servers: [{ url: 'http://127.0.0.1:7070' }],
  paths: {
    '/ping': {
      get: {
        operationId: 'ping',
        summary: 'Says that the gateway is there, whatever the method.',
        responses: { 200: { description: 'It is. The body is empty.' } },
      },
    },
    '/host-super': post(
      'hostSuper',
      'Starts a supernode. The body may be left out.',
      {
        type: 'object',
        properties: {
          Trackers: { ...trackers, minItems: 0, description: 'Supernodes that this one links to.' },
          Port: {
            type: 'integer',
            minimum: 0,
            maximum: 65_535,
            default: 0,
            description: '0: any that is free.',
          },
        },
      },
      false,
    ),
    '/host': post('host', 'Hosts a stream.', {
      type: 'object',
      required: ['Trackers', 'MaxResourceSize'],
      properties: {
        Trackers: trackers,
        MaxResourceSize: {
          type: 'integer',
          minimum: 1,
          description: `Bytes of the largest message. With more than ${limits.messageBytesMax} the answer is no success.`,
        },
        Key: {
          type: 'string',
          pattern: '^[A-Za-z0-9_-]{1,32}$',
          description:
            'A name under which this gateway keeps the key of the stream, so that the stream has the same ResourceID again. Left out: a new stream. One instance at a time has a key.',
        },
      },
    }),
    '/join': post('join', 'Joins a stream; answers when it was found.', {
      type: 'object',
      required: ['Trackers', 'ResourceID'],
      properties: { Trackers: trackers, ResourceID: { type: 'string' } },
    }),
    '/stop': post('stop', 'Stops an instance; no success if there is none of that name.', {
      type: 'string',
      description: 'Its InstanceID.',
    }),
  },
  components: { schemas: { Answer: answer } },
} as const;
