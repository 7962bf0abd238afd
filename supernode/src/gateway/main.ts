/** Starts the gateway alone, without the other commands: what clients launch. */
import { runGateway } from './gateway-program.ts';

process.exitCode = await runGateway(process.argv.slice(2));
