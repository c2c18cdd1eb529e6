export class TracePage { constructor(host) { host.append('…'); } update() {} }
