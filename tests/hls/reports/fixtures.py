# SPDX-License-Identifier: Apache-2.0
"""Reports written by hand in the documented layout; no tool has produced any of these numbers."""

CSYNTH = """<profile>
<ReportVersion><Version>{version}</Version></ReportVersion>
<UserAssignments>
  <Part>xcvu9p-flga2104-2-i</Part><TopModelName>net</TopModelName>
  <TargetClockPeriod>5.00</TargetClockPeriod>
</UserAssignments>
<PerformanceEstimates>
  <SummaryOfTimingAnalysis>
    <unit>ns</unit><EstimatedClockPeriod>4.000</EstimatedClockPeriod>
  </SummaryOfTimingAnalysis>
  <SummaryOfOverallLatency>
    <unit>clock cycles</unit>
    <Best-caseLatency>11</Best-caseLatency>
    <Average-caseLatency>11</Average-caseLatency>
    <Worst-caseLatency>{latency}</Worst-caseLatency>
    <Interval-min>1</Interval-min>
    <Interval-max>4</Interval-max>
  </SummaryOfOverallLatency>
</PerformanceEstimates>
<AreaEstimates>
  <Resources>
    <BRAM_18K>6</BRAM_18K><{dsp}>40</{dsp}><FF>1500</FF><LUT>2500</LUT><URAM>0</URAM>
  </Resources>
  <AvailableResources><LUT>1182240</LUT></AvailableResources>
</AreaEstimates>
</profile>
"""

COSIM = """
Report time       : Mon Jan  1 00:00:00 UTC 2024.
Solution          : solution1.
Simulation tool   : xsim.

+----------+----------+-----------------------------+-----------------------------+
|          |          |           Latency           |          Interval           |
+   RTL    +  Status  +-----------------------------+-----------------------------+
|          |          |   min   |   avg   |   max   |   min   |   avg   |   max   |
+----------+----------+-----------------------------+-----------------------------+
|      VHDL|        NA|       NA|       NA|       NA|       NA|       NA|       NA|
|   Verilog|      Pass|       12|       12|       13|        4|        4|        5|
+----------+----------+-----------------------------+-----------------------------+
"""

UTILIZATION = """
1. CLB Logic
+-------------------------+------+-------+------------+-----------+-------+
|        Site Type        | Used | Fixed | Prohibited | Available | Util% |
+-------------------------+------+-------+------------+-----------+-------+
| {family} LUTs*          | 2100 |     0 |          0 |   1182240 |  0.18 |
|   LUT as Logic          | 2000 |     0 |          0 |   1182240 |  0.17 |
| {family} Registers      | 1300 |     0 |          0 |   2364480 |  0.05 |
+-------------------------+------+-------+------------+-----------+-------+

| Block RAM Tile    |  2.5 |     0 |          0 |      2160 |  0.12 |
|   RAMB36/FIFO*    |    2 |     0 |          0 |      2160 |  0.09 |
| DSPs           |   32 |     0 |          0 |      6840 |  0.47 |
"""

TIMING = """
| Design Timing Summary
| ---------------------

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)
    -------      -------  ---------------------  -------------------      -------
      {slack}        0.000                      0                 4242        0.031

| Clock Summary
| -------------

Clock   Waveform(ns)         Period(ns)      Frequency(MHz)
-----   ------------         ----------      --------------
ap_clk  {{0.000 2.500}}        5.000           200.000
"""
