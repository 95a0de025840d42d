import { expect } from 'chai';
import { javaVersion, jdkProblem, nodeProblem, pipVersion } from '../prerequisites.js';

const modules = (version: string, names: string[]): string => names.map((name) => `${name}@${version}\n`).join('');
const full = ['java.base', 'jdk.attach', 'jdk.jdi', 'jdk.jlink', 'jdk.jartool'];

describe('the prerequisites', () => {
  it('accept Node.js from 20.19', () => {
    for (const version of ['v20.19.0', 'v20.20.2', 'v22.0.0', 'v24.1.0']) expect(nodeProblem(version)).to.equal(undefined);
    for (const version of ['v20.18.9', 'v18.20.0']) expect(nodeProblem(version)).to.equal(`${version} is too old`);
  });

  it('accept a full JDK from 17', () => {
    expect(jdkProblem(modules('17.0.15', full))).to.equal(undefined);
    expect(jdkProblem(modules('21', full))).to.equal(undefined);
    expect(javaVersion(modules('17.0.15', full))).to.equal('17.0.15');
  });

  it('refuse an old JDK and a trimmed one, with the reason', () => {
    expect(jdkProblem(modules('11.0.2', full))).to.equal('11.0.2 is too old');
    expect(jdkProblem(modules('17.0.15', ['java.base', 'jdk.attach']))).to.equal(
      '17.0.15 lacks jdk.jdi, jdk.jlink: it is a trimmed runtime',
    );
  });

  it('report no Java when none is installed', () => {
    expect(javaVersion(undefined)).to.equal(undefined);
  });

  it('parse the version of pip', () => {
    expect(pipVersion('pip 23.2.1 from /usr/lib/python3/dist-packages/pip (python 3.11)')).to.equal('23.2.1');
    expect(pipVersion(undefined)).to.equal(undefined);
  });
});
