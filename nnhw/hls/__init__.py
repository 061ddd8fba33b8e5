# SPDX-License-Identifier: Apache-2.0
"""HLS C++: a project for Vivado HLS and Vitis HLS, and the engine that runs it with g++."""
