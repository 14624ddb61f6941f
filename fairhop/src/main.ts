import { runProgram } from '@fairhop/shared/service';
import { createProgram } from './program.js';

process.exitCode = await runProgram(createProgram(), process.argv.slice(2));
