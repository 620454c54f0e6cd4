/// What `regrok help json` prints: the keys of every answer, and their types.
///
/// Tests read it and hold every command to it.
enum AnswerForms {
  static let text = """
    Answers in JSON: what each command says with --json

    An answer is one object on one line of stdout, in canonical JSON (RFC 8785). run, record and
    sweep print one object for each event, verify one for each bundle, spectrum one for each run. A
    command that fails prints a "failure" as its last object. A replay that cannot sign its answer
    adds the failure's keys to the answer. Your program should ignore keys that it does not know,
    because later versions may add some.

    The lists below have each key with its type. KEY? means that the key may be missing; "or null"
    means that it may be null. An object or a list without keys below it holds what the record has.
    SPEC.md describes config and outcome in 2.1, 2.4 and 2.13. A name in capitals stands for keys
    that several answers share. Digests have 64 hexadecimal digits. ULPs are text, because they can
    exceed 2^53.

    failure:
      error text
      status integer

    run, event start:
      checkpoint text or null
      directory text
      event text
      run text
      step integer
    run, event row:
      *? number or null
      event text
      step integer
    run, event forecast:
      event text
      forecast object
        FORECAST
    run, event end:
      directory text
      diverged_at? integer
      event text
      outcome? object
      run text
      status text
      step? integer

    sweep, event sealed:
      CELL
    sweep, event same:
      CELL
    CELL:
      bundle text
      event text
      other_results list of text
      run text
      runs list of object
        experiment text
        label text
    sweep, event failed:
      event text
      message text
      run text
      runs list of object
        experiment text
        label text
    sweep, event stage:
      event text
      message text
    sweep, event end:
      configs integer
      event text
      failed integer
      not_applicable list of object
        message text
        run text
      sealed integer
      sealed_twice integer
      status text
      verified integer
      waiting integer
    sweep --dry-run:
      bundle_bytes integer
      configs integer
      expected_steps integer
      experiments list of object
        about text
        extra boolean
        name text
        runs list of object
          label text
          run text or null
      extra_runs integer
      jobs integer
      most_steps integer
      not_applicable integer
      programs integer
      runs integer
      sealed integer
      shard_programs integer
      shard_trajectories integer
      trajectories integer
      unusable list of text
      waiting integer
      work_bytes integer
      worker_seconds number
    sweep --status:
      configs integer
      done integer
      failed list of object
        message text
        run text
      missing integer
      not_applicable list of object
        message text
        run text
      running list of object
        age_seconds number
        end integer or null
        host text
        process integer
        runs list of text
        step integer
      seconds_left number or null
      waiting integer
    sweep --clean:
      removed_bytes integer
    sweep --slurm:
      script text

    record, event start:
      attempt integer
      attempts integer
      directory text
      event text
    record, event rows:
      event text
      rows integer
      step integer
    record, event plan:
      event text
      inputs list of object
        bytes integer
        path text
        sha256 text
      program object
      remarks list of text
      run text
    record, event end:
      adopted boolean
      advice list of text
      checkpoints list of integer
      columns list of text
      directory text
      event text
      observed list of text
      outcome object
      remarks list of text
      repeats object
      results list of object
        bytes integer
        path text
      rows integer
      run text
      seconds number
      unsealable list of text

    pack:
      bundle_sha256 text
      path text
      published list of object or null
        bytes integer
        path text
        personal boolean
      result_sha256 text
      signed boolean
      thin boolean

    verify:
      agent? text
      bundle_sha256? text
      checkpoints? integer
      file_bytes? integer
      kind? text
      member? text or null
      members? integer
      message? text
      path text
      payload_bytes? integer
      reason? text or null
      replays? object or null
        WITNESSES
      result_sha256? text
      run? text
      signed? boolean
      signer? text or null
      signer_pattern? text
      sound boolean or null
      status? integer
      thin? boolean
      trusted boolean or null
    WITNESSES:
      builds list of text
      contradictions list of object
        TESTIMONY
      instruction_sets list of text
      replayers list of text
      skipped list of object
        file text
        reason text
      statements list of object
        TESTIMONY
      strangers integer
    TESTIMONY:
      file text
      signer text
      signer_is_pattern boolean
      statement object

    extract:
      members integer
      path text
      run text

    replay:
      error? text
      statement? text
      status? integer
      REPLAY
    REPLAY:
      bundle_sha256? text
      checkpoints_compared integer
      diverged_by integer or null
      first_difference? object
      jobs integer
      outcome_compared boolean
      reason? text
      result_sha256? text
      rows_compared integer
      run text
      sample? object
        miss_chance number
        seed text
        segments integer
        segments_of_run integer
        step_share number
      seconds number
      segments integer
      segments_at_once integer
      steps_executed integer
      threads_per_segment integer
      verdict text
    replay of a program, without --execute:
      executed boolean
      program list of text
      run text
    replay of a program:
      ended_at text or null
      error? text
      executed boolean
      run text
      statement? text
      status? integer
      PROGRAMS

    list:
      differing list of text
      runs list of object
        bundle_sha256 text or null
        config object
        kind text
        outcome text
        path text
        result_sha256 text or null
        run text
        steps integer
        t_grok integer or null
        t_mem integer or null
      COLLECTED
    COLLECTED:
      contradictions list of list
      counted_once list of object
        counted text
        path text
      left_out list of object
        path text
        reason text

    show:
      bundle_sha256? text
      checkpoints list of object
        sha256 text or null
        step integer
        stored boolean
      config object
      environment object or null
      outcome object
      path text
      result_sha256? text
      rows integer
      run text
      size_in_bytes integer or null
    show of a program:
      bundle_sha256? text
      columns list of text
      environment object
      files list of object
        bytes integer or null
        compared boolean
        left_out text or null
        path text
        sha256 text
      kind text
      missing_inputs list of text
      observed list of text
      outcome object
      path text
      program object
      repeats object
      result_sha256? text
      rows integer
      run text
      size_in_bytes integer or null

    diff:
      a object
        RUN
      b object
        RUN
      checkpoint object or null
        compared_tensors integer
        step integer
        tensors list of object
          count integer
          differing integer
          first object
          kind text
          largest object
          name text
          relative_l2 number or null
      compared object
        checkpoints list of integer
        config boolean
        outcome boolean
        rows integer
        tensors integer
      config list of object
        PAIR
      differing_checkpoints list of integer
      environment list of object
        PAIR
      ignored list of text
      not_compared list of object
        reason text
        what text
      outcome list of object
        PAIR
      trace object
        common_steps integer
        curves list of object
          column text
          differing_rows integer
          first object
          largest object or null
        first list of object
        last_equal_step integer or null
        steps_only_in_a list of integer
        steps_only_in_b list of integer
      verdict text
    RUN:
      bundle_sha256 text or null
      path text
      result_sha256 text or null
      run text
    PAIR:
      a any
      b any
      key text
    diff of programs:
      PROGRAMS
    PROGRAMS:
      a object
        name text
        run text
      b object
        name text
        run text
      compared object
        checkpoints integer
        columns list of text
        ending boolean
        files integer
        outcome list of text
        rows integer
        tensors integer
      environment list of object
      findings list of object
      first_difference object or null
      not_compared list of object
      only_bits boolean
      repeated_steps integer or null
      repeats integer or null
      verdict text
    diff of a program and a run:
      a text
      b text
      table object
      verdict text

    page:
      bundles integer
      bytes integer
      path text
    report:
      colored_by text or null
      differing list of text
      runs list of object
        bundle_sha256 text or null
        config object
        kind text
        outcome object
        path text
        replays object or null
          WITNESSES
        result_sha256 text or null
        run text
      COLLECTED

    claims:
      changes list of object
        after text
        before text
        claims list of integer
        date text
        earlier text or null
        reason text
        what text
      claims list of object
        bundles list of text
        id integer
        quantities list of object
          band object or null
          decision object or null
          name text
          ours object or null
            interval list of number or null
            method text or null
            n integer
            planned integer or null
            runs integer
            sources list of text
            value number or null
          published number or null
          recomputed number or null
          recomputed_agrees boolean or null
          released number or null
          role text
        statement text
        verdict text
      file text
      runs integer
      runs_after_claims integer
      runs_after_earlier_claims object
      title text
      verdicts object
      COLLECTED

    predict:
      FORECAST
      COLLECTED?
    FORECAST:
      calibrated_on integer or text
      kappa number or null
      log_interval number or null
      predictions list of object
        delay number or null
        form text
      t_grok integer or null
      t_mem integer
      v_post number or null
      v_star number or null

    spectrum:
      file text
      path text
      replay object
        REPLAY
      rows integer
      run text
    spectrum, what is not used:
      COLLECTED

    distance:
      farthest_step integer or null
      first_step_1_percent_apart integer or null
      points list of object
        distance number
        norm number
        step integer
    distance, of a run that is not what its record says:
      path text
      replay object
        REPLAY
    """
}
