import { type DataChannel, PeerConnection } from 'node-datachannel';

// One end of the reference: node-datachannel alone, with the same messages and marks as an agent. Arguments: send|receive,
// address, bytes. Signals go through the parent.

const MESSAGE_BYTES = 65_535;
const HIGH_WATER_BYTES = 2 * 1024 * 1024;
const LOW_WATER_BYTES = 256 * 1024;

type Message =
  | { kind: 'description'; sdp: string; type: 'offer' | 'answer' }
  | { kind: 'candidate'; candidate: string; mid: string }
  | { kind: 'done'; bytesPerSecond: number; processorMsPerMib: number }
  | { kind: 'end' };

const [role, bindAddress, size] = process.argv.slice(2) as [string, string, string];
const sizeBytes = Number(size);
const tell = (message: Message): void => {
  process.send!(message);
};

const connection = new PeerConnection('', { iceServers: [], bindAddress, maxMessageSize: MESSAGE_BYTES });
connection.onLocalDescription((sdp, type) =>
  tell({ kind: 'description', sdp, type: type as 'offer' | 'answer' }),
);
// Only the sender checks, as an agent that makes the offer does: a check before its answer breaks the connection.
if (role === 'receive') {
  connection.onLocalCandidate((candidate, mid) => tell({ kind: 'candidate', candidate, mid }));
}
process.on('message', (message: Message) => {
  if (message.kind === 'description') connection.setRemoteDescription(message.sdp, message.type);
  else if (message.kind === 'candidate') connection.addRemoteCandidate(message.candidate, message.mid);
  else if (message.kind === 'end') process.exit(0);
});

function sendAll(channel: DataChannel): void {
  const message = new Uint8Array(MESSAGE_BYTES);
  let sentBytes = 0;
  const pump = (): void => {
    while (sentBytes < sizeBytes && channel.bufferedAmount() < HIGH_WATER_BYTES) {
      channel.sendMessageBinary(message);
      sentBytes += MESSAGE_BYTES;
    }
  };
  channel.setBufferedAmountLowThreshold(LOW_WATER_BYTES);
  channel.onBufferedAmountLow(pump);
  channel.onOpen(pump);
}

// Referenced for good: a channel that is collected is closed.
const channels: DataChannel[] = [];
if (role === 'send') {
  channels.push(connection.createDataChannel('raw'));
  sendAll(channels[0]!);
} else {
  let receivedBytes = 0;
  let startMs = 0;
  let startUsage = process.cpuUsage();
  connection.onDataChannel((channel) => {
    channels.push(channel);
    channel.onMessage((message) => {
      if (receivedBytes === 0) [startMs, startUsage] = [performance.now(), process.cpuUsage()];
      receivedBytes += (message as Uint8Array).byteLength;
      if (receivedBytes < sizeBytes) return;
      const bytesPerSecond = (receivedBytes * 1000) / (performance.now() - startMs);
      const usage = process.cpuUsage(startUsage);
      const processorMsPerMib = (usage.user + usage.system) / 1000 / (receivedBytes / (1024 * 1024));
      tell({ kind: 'done', bytesPerSecond, processorMsPerMib });
    });
  });
}
