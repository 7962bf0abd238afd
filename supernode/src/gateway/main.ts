/** Starts the gateway alone, without the other commands: what clients launch. */
import { endProcess } from '../node-rtc/process-end.ts';
import { runGateway } from './gateway-program.ts';

endProcess(await runGateway(process.argv.slice(2)));
