import { expect } from 'chai';
import { listeningInodes, ownerByLsof } from './port-owners.js';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41001 1 0000000000000000 100 0 0 10 0
   1: 00000000:3C48 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 41002 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 41003 1 0000000000000000 20 4 30 10 -1
`;

describe('the owner of a port', () => {
  it('is the socket that listens there, not one that is connected', () => {
    expect(listeningInodes(table, 8080)).to.deep.equal(['41001']);
    expect(listeningInodes(table, 0x3c48)).to.deep.equal(['41002']);
  });

  it('is undefined when no socket listens', () => {
    expect(listeningInodes(table, 8081)).to.deep.equal([]);
    expect(listeningInodes('', 8080)).to.deep.equal([]);
  });

  it('is parsed from the output of lsof', () => {
    expect(ownerByLsof('p4711\ncpostgres\nf7\n')).to.deep.equal({ pid: 4711, command: 'postgres' });
    expect(ownerByLsof('')).to.equal(undefined);
  });
});
